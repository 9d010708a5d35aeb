from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from catalog.tests.factories import make_product
from search import workers
from search.index.encoders import active_encoder
from search.index.partitions import index_state
from search.management.commands import encoder as command
from search.models import Embedding, Encoder, RecallMeasurement
from search.tests.networks import write_network

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(embed):
    products = [make_product(photo=True) for _ in range(4)]
    embed()
    return products


@pytest.fixture
def folder(tmp_path):
    return write_network(tmp_path / "b", "b", seed=2)


def run(capsys, *arguments) -> str:
    call_command("encoder", *map(str, arguments))
    return capsys.readouterr().out


def test_add_loads_builds_and_measures(shop, folder, capsys):
    out = run(capsys, "add", folder, "--here")
    assert "b: 4 of 4 photos embedded, 0 failed; index valid." in out
    assert "Recall@10 of b: 1.000" in out
    assert "manage.py encoder activate b" in out
    encoder = Encoder.objects.get(version="b")
    assert (encoder.state, index_state(encoder.pk)) == ("ready", "valid")
    assert RecallMeasurement.objects.get().encoder == encoder
    assert active_encoder().version == "fake-1"


def test_add_continues_where_it_stopped(shop, folder, capsys, monkeypatch):
    def killed(encoder):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(command.rollout, "finish_loading", killed)
        run(capsys, "add", folder, "--here")
    assert Encoder.objects.get(version="b").state == "loading"
    kept = Embedding.objects.filter(encoder__version="b")
    kept.filter(image=shop[0].images.get()).delete()
    with pytest.raises(CommandError, match=r"1 photos .*index is missing"):
        run(capsys, "activate", "b")
    assert "4 of 4 photos" in run(capsys, "add", folder, "--here")
    assert kept.count() == 4
    assert Encoder.objects.get(version="b").state == "ready"


def test_a_node_that_is_lost_leaves_the_active_encoder_and_add_goes_on(
    shop, folder, capsys
):
    stored = 0

    def lose_node(execute, sql, params, many, context):
        nonlocal stored
        if 'INSERT INTO "search_embedding"' in sql:
            stored += 1
            raise OperationalError("connection to the remote node failed")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(lose_node), pytest.raises(OperationalError):
        run(capsys, "add", folder, "--here")
    assert stored
    assert Encoder.objects.get(version="b").state == "loading"
    assert active_encoder().version == "fake-1"
    with pytest.raises(CommandError, match="4 photos"):
        run(capsys, "activate", "b")
    assert "4 of 4 photos embedded" in run(capsys, "add", folder, "--here")


def test_add_tries_failed_photos_again(shop, folder, capsys):
    image = shop[0].images.get()
    whole = image.file.read()
    with image.file.storage.open(image.file.name, "rb+") as file:
        file.truncate(200)
    assert "1 failed" in run(capsys, "add", folder, "--here")
    with pytest.raises(CommandError, match="1 failed"):
        run(capsys, "activate", "b")
    with image.file.storage.open(image.file.name, "wb") as file:
        file.write(whole)
    assert "4 of 4 photos embedded, 0 failed" in run(capsys, "add", folder, "--here")
    run(capsys, "activate", "b")


def test_add_without_workers_embeds_here(shop, folder, capsys, monkeypatch):
    def no_workers(patience_s):
        raise workers.NoWorker("No worker answers.")

    monkeypatch.setattr(workers, "count_workers", no_workers)
    assert "4 of 4 photos" in run(capsys, "add", folder)


def test_add_refuses_a_folder_without_a_network(shop, tmp_path):
    with pytest.raises(CommandError, match="does not exist"):
        call_command("encoder", "add", str(tmp_path / "nothing"))
    assert (
        not Encoder.objects.exclude(state="retired").exclude(version="fake-1").exists()
    )


def test_an_encoder_is_activated_rolled_back_and_retired(shop, folder, capsys):
    run(capsys, "add", folder, "--here")
    assert "b is active" in run(capsys, "activate", "b")
    out = run(capsys, "list")
    assert "fake-1  ready (rollback activates it)" in out
    assert "b  active" in out
    assert "fake-1 is active again" in run(capsys, "rollback")
    run(capsys, "activate", "b")
    with pytest.raises(CommandError, match="is active"):
        run(capsys, "retire", "b", "--yes")
    assert "vectors were dropped" in run(capsys, "retire", "fake-1", "--yes")
    with pytest.raises(CommandError, match="no encoder to go back to"):
        run(capsys, "rollback")
    assert set(Embedding.objects.values_list("encoder__version")) == {("b",)}


@pytest.mark.parametrize(("answer", "state"), [("n", "ready"), ("y", "retired")])
def test_retire_asks_first(shop, folder, capsys, monkeypatch, answer, state):
    run(capsys, "add", folder, "--here")
    prompts: list[str] = []
    monkeypatch.setattr("builtins.input", lambda text: prompts.append(text) or answer)
    if answer == "n":
        with pytest.raises(CommandError, match="Nothing was changed"):
            run(capsys, "retire", "b")
    else:
        run(capsys, "retire", "b")
    assert "Drop 4 vectors of b" in prompts[0]
    assert Encoder.objects.get(version="b").state == state


def test_an_unknown_version_is_refused(shop):
    with pytest.raises(CommandError, match="no encoder nope"):
        call_command("encoder", "activate", "nope")


def test_retire_without_a_terminal_changes_nothing(shop, folder, capsys, monkeypatch):
    run(capsys, "add", folder, "--here")
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(CommandError, match=r"Nothing was changed\. Pass --yes"):
        run(capsys, "retire", "b")
    assert Encoder.objects.get(version="b").state == "ready"
