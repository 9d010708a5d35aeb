"""`manage.py demo`, once as `make demo` runs it and then step by step."""

import json
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import ImageColor

from bench.cli import free_port
from catalog.models import Product
from catalog.tests.factories import make_product
from fashionlens.demo import initial_data
from fashionlens.demo.management.commands.demo import Command
from fashionlens.demo.sample import garment
from fashionlens.embedded.tests.data_folder import all_processes_ended, make_folder
from fashionlens.tests.test_up import manage
from search.index.embed import embed_due
from search.index.encoders import active_encoder

COLOURS = ["red", "lime", "blue", "gold", "teal", "pink", "navy", "olive"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number, colour in enumerate(COLOURS):
        category = tmp_path / "photos" / ("dress" if number % 2 else "hat")
        category.mkdir(parents=True, exist_ok=True)
        kind = category.name
        picture = garment(kind, colour=ImageColor.getrgb(colour), size=(300, 400))
        picture.save(category / f"{colour}.jpg")
    return tmp_path / "photos"


@pytest.fixture
def started_demo(photos: Path) -> Iterator[tuple[str, Path]]:
    """Yield what a demo has printed once it serves, and its `var`; stop it after."""
    var = make_folder("demo")
    port = str(free_port())
    demo = manage(var, "demo", "--port", port, FASHIONLENS_PHOTOS=str(photos))
    yield read_banner(demo), var
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert demo.returncode == 0
    assert all_processes_ended(var)
    shutil.rmtree(var.parent)


def read_banner(demo: subprocess.Popen[str]) -> str:
    assert demo.stdout
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def test_the_demo_fills_an_empty_shop_and_serves_it(started_demo, photos):
    printed, var = started_demo
    assert f"FASHIONLENS_PHOTOS={photos}" in printed
    assert "8 of 8 photos" in printed
    shop = re.search(r"Shop +(http://127\.0\.0\.1:\d+)/", printed)[1]
    for path in ("/search/", "/admin/", "/api/docs/"):
        assert f"{shop}{path}" in printed
    password = re.search(r"password (\S+)", printed)[1]
    assert password == (var / "admin-password").read_text()

    body = encode_multipart(BOUNDARY, {"photo": (photos / "hat/red.jpg").open("rb")})
    headers = {"Content-Type": MULTIPART_CONTENT}
    request = urllib.request.Request(f"{shop}/api/v1/search/", body, headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        results = json.load(response)["results"]
    assert "red" in results[0]["product"]["title"].lower()
    assert results[0]["distance"] < 0.001
    assert 1 <= len(results) <= 8  # only those that are similar


class FakeStack:
    """Servers and processes that are running already."""

    port = 8000

    def start_servers(self) -> None: ...
    def migrate(self) -> None: ...
    def wait(self) -> None: ...

    def start(self, *names: str) -> None:
        if "worker" in names:
            embed_due(encoder=active_encoder())


@pytest.fixture
def run_demo(db, settings, tmp_path, fake_encoder):
    """Return a function that runs the command here and returns its output."""
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir()

    def run(photos: Path) -> str:
        settings.PHOTOS = str(photos)
        out = StringIO()
        Command(stdout=out).run(FakeStack())
        return out.getvalue()

    return run


def test_the_next_start_imports_nothing_and_prints_the_same_password(run_demo, photos):
    first = run_demo(photos)
    (photos / "hat/red.jpg").unlink()
    second = run_demo(photos)
    assert "Photos:" in first
    assert "Photos:" not in second
    assert "8 of 8 photos" in second
    password = re.search(r"password (\S+)", first)[0]
    assert password in second


def test_an_interrupted_import_continues_at_the_next_start(run_demo, photos):
    make_product()
    initial_data.mark_unfinished()
    run_demo(photos)
    assert Product.objects.count() == 9
    assert not initial_data.needs_catalogue()


def test_a_changed_password_is_kept_and_not_printed(run_demo, photos):
    run_demo(photos)
    admin = get_user_model().objects.get(username=initial_data.ADMIN)
    admin.set_password("changed")
    admin.save()
    assert "the one you have set" in run_demo(photos)
    admin.refresh_from_db()
    assert admin.check_password("changed")


def test_the_password_can_be_read_by_its_owner_only(run_demo, photos, settings):
    run_demo(photos)
    assert (settings.VAR / "admin-password").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("folder", ["no/such/folder", ""])
def test_a_folder_without_photos_is_refused_by_name(run_demo, tmp_path, folder):
    empty = tmp_path / "empty" / folder
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match=str(empty)):
        run_demo(empty)
