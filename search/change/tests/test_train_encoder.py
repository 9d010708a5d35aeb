"""Run train_encoder on a shop of drawn photos, kill it and run it again."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from PIL import Image

from catalog.photos.store import add_photo
from catalog.tests.factories import make_category, make_product
from ml.tests.drawn import SHAPES, draw_photo, write_dataset
from ml.tests.files import as_bytes
from search.change import fine_tuning
from search.change.rollout import status_of
from search.models import Encoder

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = 10  # of each shape, of two photos each


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    """Train a small encoder for one step."""
    folder = tmp_path_factory.mktemp("start")
    words = ["--weights", "none", "--alpha", "0.35", "--input-size", "64"]
    words += ["--steps", "1", "--epochs", "1"]
    words += ["--data", write_dataset(folder / "data"), "--out", folder / "encoder"]
    command = [sys.executable, "-m", "ml.train", *map(str, words)]
    subprocess.run(command, cwd=settings.BASE_DIR, check=True, capture_output=True)
    return folder / "encoder"


@pytest.fixture
def shop(embed):
    """Make 60 photos of three categories, a damaged one and one alone."""
    for place, shape in enumerate(SHAPES):
        category = make_category(shape.title(), shape)
        for number in range(PRODUCTS):
            product = make_product(category=category)
            drawn = draw_photo(shape, 100 * place + number)
            turned = drawn.transpose(Image.Transpose.ROTATE_90)
            for photo in (drawn, turned):
                add_photo(product=product, data=as_bytes(photo, "PNG"))
    broken = make_product(photo=True, category=category)
    with broken.images.get().file.open("wb") as file:
        file.write(b"no photo")
    make_product(photo=True, category=make_category("Gloves", "gloves"))
    return broken


@pytest.fixture
def work(settings, tmp_path) -> Path:
    settings.VAR = tmp_path / "var"
    return settings.VAR / "train_encoder"


def known_encoders() -> set[int]:
    return set(Encoder.objects.values_list("pk", flat=True))


def kill_when(file_appears: Path, pattern: str) -> threading.Thread:
    """Kill this process's training as soon as it has kept something."""

    def watch() -> None:
        for _ in range(6000):
            if list(file_appears.rglob(pattern)):
                for child in psutil.Process().children(recursive=True):
                    if "ml.train" in child.cmdline():
                        child.kill()
                return
            time.sleep(0.02)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_a_killed_training_continues_and_adds_an_encoder(
    shop, start, work, capfd, settings
):
    words, before = ["--from", str(start), "--steps", "1"], known_encoders()
    watcher = kill_when(work / "encoder", "*.npz")
    with pytest.raises(CommandError, match=r"exit status -9.*again to continue"):
        call_command("train_encoder", *words)
    watcher.join()
    output = capfd.readouterr()
    assert "60 photos of 30 products in 3 categories" in output.out
    assert "1 unreadable" in output.out
    assert "Left out the category gloves: it has one photo." in output.err
    assert str(shop) in output.err
    assert known_encoders() == before
    exported = {path: path.stat().st_mtime_ns for path in work.rglob("*.png")}
    assert len(exported) == 60
    make_product(photo=True)  # comes too late for this training

    with pytest.raises(CommandError, match="--fresh"):
        call_command("train_encoder", *words, "--seed", "9")
    capfd.readouterr()
    call_command("train_encoder", *words)
    output = capfd.readouterr()
    assert "resuming after step" in output.err + output.out

    (new,) = known_encoders() - before
    encoder = Encoder.objects.get(pk=new)
    folder = settings.VAR / "encoders" / encoder.version
    assert (encoder.state, encoder.folder) == ("loading", str(folder))
    assert f"manage.py encoder add {folder}" in output.out
    assert "the nearest photo has the same category" in output.out
    held_out = encoder.metrics["held_out"]
    assert 0 < held_out["instance"]["photos"] < 20
    assert (folder / "evaluation" / "map.png").is_file()
    photos = json.loads((folder / "encoder.json").read_text())["data"]["photos"]
    assert sum(photos.values()) == 60
    assert all(count % 2 == 0 for count in photos.values())  # products stay whole
    assert [path.name for path in work.iterdir()] == ["lock"]

    call_command("encoder", "add", str(folder), "--here")
    assert status_of(encoder).embedded == 62


@pytest.mark.slow
def test_a_second_training_begins_anew(shop, start, work, tmp_path, capfd):
    words = ["--from", str(start), "--steps", "1", "--out", str(tmp_path / "mine")]
    before = known_encoders()
    call_command("train_encoder", *words)
    (new,) = known_encoders() - before
    encoder = Encoder.objects.get(pk=new)
    assert encoder.folder == str(tmp_path / "mine")
    with pytest.raises(CommandError, match="not an empty folder"):
        call_command("train_encoder", *words)
    exported = fine_tuning.export_photos(work)
    assert exported.photos == 60
