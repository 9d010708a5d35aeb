import pytest
from django.core.checks import run_checks
from django.db import connection

from search import checks
from search.index.encoders import open_network, register
from search.index.partitions import build_index
from search.models import Encoder
from search.tests.networks import write_network

pytestmark = pytest.mark.django_db


def found(databases: list[str] | None = ["default"]) -> list[str]:  # noqa: B006
    every = run_checks(databases=databases)
    return [message.id for message in every if message.id.startswith("search.")]


@pytest.fixture
def encoder(tmp_path) -> Encoder:
    """Activate a small encoder in a temporary folder."""
    Encoder.objects.filter(state="active").update(state="retired")
    encoder = register(open_network(write_network(tmp_path, "checked")))
    build_index(encoder.pk)
    encoder.state = "active"
    encoder.save()
    return encoder


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_migrated_shop_passes():
    assert found() == []


def test_every_message_has_a_hint(encoder, tmp_path):
    (tmp_path / "encoder.onnx").unlink()
    sql(f"DROP INDEX search_embedding_e{encoder.pk}_hnsw")
    messages = checks.check_index(["default"])
    assert len(messages) == 2
    assert all(message.hint for message in messages)


def test_an_index_of_another_kind_than_wanted_is_reported(encoder, settings):
    settings.QUANTISED_INDEX = True
    assert found() == ["search.W005"]


def test_plain_check_needs_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert found(None) == []


def test_a_kind_that_does_not_exist_is_found_by_plain_check(settings):
    settings.OUTFIT_KINDS = {"hemden": "shirt"}
    assert checks.check_kinds() == []
    settings.OUTFIT_KINDS = {"hemden": "blouson"}
    (message,) = checks.check_kinds()
    assert message.id == "search.W004"
    assert "blouson" in message.msg and "longsleeve" in message.hint


@pytest.mark.parametrize("damage", ["unlink", "overwrite"])
def test_missing_and_damaged_files_are_found(encoder, tmp_path, damage):
    assert found() == []
    file = tmp_path / "encoder.onnx"
    if damage == "unlink":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1])
    assert found() == ["search.E003"]


def test_a_missing_index_is_found(encoder):
    sql(f"DROP INDEX search_embedding_e{encoder.pk}_hnsw")
    assert found() == ["search.W003"]
    build_index(encoder.pk)
    assert found() == []


def test_an_invalid_index_is_found(encoder):
    sql(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid ="
        f" 'search_embedding_e{encoder.pk}_hnsw'::regclass"
    )
    [message] = checks.check_index(["default"])
    assert message.id == "search.W003"
    assert "invalid" in message.msg


def test_an_encoder_of_another_dimension_is_found(encoder):
    Encoder.objects.filter(pk=encoder.pk).update(dimension=64)
    [message] = checks.check_index(["default"])
    assert message.id == "search.E002"
    assert "have 64 numbers" in message.msg
    assert "holds 128" in message.msg


def test_a_folder_that_holds_another_encoder_is_found(encoder):
    Encoder.objects.filter(pk=encoder.pk).update(version="the-one-before")
    [message] = checks.check_index(["default"])
    assert message.id == "search.E003"
    assert "its folder holds checked" in message.msg


def test_a_shop_without_an_active_encoder_is_found():
    Encoder.objects.update(state="retired")
    assert found() == ["search.W002"]


@pytest.mark.parametrize(
    ("version", "ids"),
    [
        ("0.8.3", ["search.W001"]),
        ("0.7.4", ["search.W001"]),
        ("0.8.4", []),
        ("0.8.10", []),
        ("0.10.0", []),
        ("1.0", []),
    ],
)
def test_pgvector_must_be_new_enough(monkeypatch, version, ids):
    monkeypatch.setattr(checks, "_pgvector_version", lambda: version)
    assert found() == ids


def test_the_version_is_read_from_the_server():
    version = checks._pgvector_version()
    sql(
        f"SELECT 1 / (extversion = '{version}')::int FROM pg_extension"
        " WHERE extname = 'vector'"
    )


def test_before_the_first_migrate_there_are_no_messages():
    sql("ALTER TABLE search_encoder RENAME TO elsewhere")
    assert found() == []


def test_an_older_database_is_checked_before_it_is_migrated():
    sql("ALTER TABLE search_encoder RENAME COLUMN replaced TO not_yet")
    assert found() == []
