import json

import pytest
from django.db import connection

from catalog.tests.factories import make_product
from fashionlens.backoffice.encoders import steps
from search.change import rollout
from search.index.pause import pause_index, resume_index
from search.models import Embedding, Encoder
from search.tasks import load_encoders
from search.tests.networks import write_network

LIST = "/admin/search/encoder/"


def finish_loading(encoder: Encoder) -> None:
    # A test is one transaction, whose constraints Postgres has yet to check.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    rollout.finish_loading(encoder)


@pytest.fixture
def folder(tmp_path, embed, monkeypatch):
    """Return a folder with a network and what was measured, beside an embedded shop."""
    monkeypatch.setattr(steps, "embedding_workers", lambda: 1)
    monkeypatch.setattr("search.tasks.finish_loading", finish_loading)
    monkeypatch.setattr("catalog.upkeep.runs.send", lambda task, **options: True)
    for _ in range(3):
        make_product(photo=True)
    embed()
    folder = write_network(tmp_path / "new", "new-1")
    info = json.loads((folder / "encoder.json").read_text())
    info["metrics"] = {"test": {"recall@1": 0.90049999999}}
    (folder / "encoder.json").write_text(json.dumps(info))
    history = "epoch,train,validation\n1,11.2,7.6\n2,8.1,6.9\n"
    (folder / "history.csv").write_text(history)
    (folder / "sheet-best.png").write_bytes(b"png")
    (folder / "secret.png").write_bytes(b"png")
    return folder


def text_of(answer) -> str:
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_an_encoder_is_added_activated_rolled_back_and_retired(
    admin_client, fake_encoder, folder
):
    post = lambda path, **data: text_of(  # noqa: E731
        admin_client.post(LIST + path, data, follow=True)
    )
    assert "new-1 was added" in post("new/", folder=str(folder))
    new = Encoder.objects.get(version="new-1")
    assert new.state == "loading"
    assert "cannot be activated" in post(f"{new.pk}/activate/")
    load_encoders()
    new.refresh_from_db()
    assert new.state == "ready"
    assert Embedding.objects.filter(encoder=new).count() == 3
    compared = f"{LIST}compare/?before={fake_encoder}&after=new-1"
    assert "Results in common" in text_of(admin_client.get(compared))
    assert "Searches use new-1" in post(f"{new.pk}/activate/")
    assert "Roll back to fake-1" in text_of(admin_client.get(LIST))
    assert "Searches use fake-1 again" in post("rollback/")
    assert "new-1 was retired" in post(f"{new.pk}/retire/")
    assert "is active" in post(f"{fake_encoder.pk}/retire/")
    assert list(Encoder.objects.filter(state="active")) == [fake_encoder]


def test_a_page_says_what_was_measured(admin_client, folder):
    admin_client.post(f"{LIST}new/", {"folder": str(folder)})
    new = Encoder.objects.get(version="new-1")
    page = text_of(admin_client.get(f"{LIST}{new.pk}/change/"))
    assert "The first result is of the same category" in page
    assert "90.0%" in page and "0.9004" not in page
    assert "epoch 2: 6.90" in page
    assert f"{LIST}{new.pk}/sheet-best.png" in page
    picture = admin_client.get(f"{LIST}{new.pk}/sheet-best.png")
    assert picture.getvalue() == b"png"
    assert admin_client.get(f"{LIST}{new.pk}/secret.png").status_code == 404


def test_a_folder_without_a_network_is_an_error_beside_the_field(
    admin_client, fake_encoder, tmp_path
):
    page = admin_client.post(f"{LIST}new/", {"folder": str(tmp_path / "none")})
    assert page.context["form"].errors["folder"]
    assert Encoder.objects.exclude(state="retired").count() == 1


def test_loading_waits_while_the_queue_is_paused(admin_client, folder):
    admin_client.post(f"{LIST}new/", {"folder": str(folder)})
    pause_index()
    load_encoders()
    assert Encoder.objects.get(version="new-1").state == "loading"
    resume_index()
    load_encoders()
    assert Encoder.objects.get(version="new-1").state == "ready"
