import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.tests.factories import make_product
from search.models import Embedding, Encoder

pytestmark = pytest.mark.django_db


def output(capsys, *command, **options) -> str:
    call_command(*command, **options)
    return capsys.readouterr().out


def test_embed_here_needs_no_worker(fake_encoder, capsys):
    for _ in range(3):
        make_product(photo=True)
    out = output(capsys, "embed", here=True)
    assert "3 of 3 photos embedded, 0 pending, 0 failed" in out
    assert Embedding.objects.count() == 3


def test_embed_with_nothing_due_needs_no_worker(fake_encoder, capsys):
    assert "0 of 0 photos embedded" in output(capsys, "embed")


def test_embed_without_a_worker_says_what_to_do(fake_encoder, monkeypatch):
    make_product(photo=True)
    monkeypatch.setattr("search.management.commands.embed.PATIENCE_S", 1)
    with pytest.raises(CommandError, match="--here"):
        call_command("embed")


@pytest.mark.parametrize("here", [True, False])
def test_embed_with_an_encoder_that_is_gone_says_so(db, here):
    make_product(photo=True)
    Encoder.objects.update(folder="nowhere", sha256="0" * 64)
    with pytest.raises(CommandError, match="nowhere"):
        call_command("embed", here=here)


def test_embed_can_forget_failures(fake_encoder, capsys):
    image = make_product(photo=True).images.get()
    path = Path(image.file.path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    assert "0 pending, 1 failed" in output(capsys, "embed", here=True)
    path.write_bytes(whole)
    assert "0 of 1 photos" in output(capsys, "embed", here=True)
    out = output(capsys, "embed", here=True, retry_failed=True)
    assert "1 of 1 photos embedded, 0 pending, 0 failed" in out


def test_index_status_as_json_is_one_object(fake_encoder, capsys):
    make_product(photo=True)
    status = json.loads(output(capsys, "index_status", json=True))
    assert status["oldest_pending_s"] >= 0
    del status["oldest_pending_s"]
    assert status == {
        "photos": 1,
        "embedded": 0,
        "pending": 1,
        "failed": 0,
        "encoder": "fake-1",
    }


def test_index_status_names_failures_with_their_reason(fake_encoder, capsys):
    product = make_product(photo=True, sku="TORN-1")
    image = product.images.get()
    image.file.storage.delete(image.file.name)
    call_command("embed", here=True)
    out = output(capsys, "index_status")
    assert "TORN-1" in out
    assert "No such file" in out
    assert "--retry-failed" in out


def test_index_status_refuses_a_negative_number_of_failures(fake_encoder):
    with pytest.raises(CommandError, match="--failures"):
        call_command("index_status", failures=-1)


@pytest.mark.parametrize("command", ["index_status", "embed"])
def test_without_an_encoder_commands_say_how_to_get_one(db, command):
    Encoder.objects.all().delete()
    with pytest.raises(CommandError, match="migrate"):
        call_command(command)
