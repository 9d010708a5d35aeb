"""`manage.py demo` as `make demo` runs it, with a folder of a few photos."""

import json
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from bench.timing import free_port
from catalog.tests.factories import make_photo_bytes
from fashionlens.tests.test_embedded import all_processes_ended, make_folder
from fashionlens.tests.test_up import manage

COLOURS = ["red", "lime", "blue", "gold", "teal", "pink", "navy", "olive"]


@pytest.fixture
def var() -> Iterator[Path]:
    folder = make_folder("demo")
    yield folder
    shutil.rmtree(folder.parent)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number, colour in enumerate(COLOURS):
        category = tmp_path / "photos" / ("dress" if number % 2 else "hat")
        category.mkdir(parents=True, exist_ok=True)
        data = make_photo_bytes(colour, size=(200, 260))
        (category / f"{colour}.jpg").write_bytes(data)
    return tmp_path / "photos"


def started(demo: subprocess.Popen[str]) -> str:
    """What it printed until it served."""
    assert demo.stdout
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def stop(demo: subprocess.Popen[str], var: Path) -> None:
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert demo.returncode == 0
    assert all_processes_ended(var)


def test_the_demo_fills_an_empty_shop_once_and_serves_it(var, photos):
    port = free_port()
    options = ["demo", "--port", str(port)]
    demo = manage(var, *options, FASHIONLENS_PHOTOS=str(photos))
    first = started(demo)
    assert f"your folder FASHIONLENS_PHOTOS={photos}" in first
    assert "8 of 8 photos can be searched" in first
    for path in ("/", "/search/", "/admin/", "/api/docs/"):
        assert f"http://127.0.0.1:{port}{path}" in first
    password = re.search(r"password (\S+)", first)[1]
    assert password == (var / "admin-password").read_text()

    body = encode_multipart(BOUNDARY, {"photo": (photos / "hat/red.jpg").open("rb")})
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/search/",
        body,
        {"Content-Type": MULTIPART_CONTENT},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert "red" in answer["results"][0]["product"]["title"].lower()
    assert answer["results"][0]["distance"] < 0.001
    assert len(answer["results"]) == 8
    stop(demo, var)

    demo = manage(var, *options, FASHIONLENS_PHOTOS=str(photos))
    second = started(demo)
    assert "Importing" not in second
    assert "8 of 8 photos can be searched" in second
    assert f"password {password}" in second
    stop(demo, var)


@pytest.mark.parametrize("photos", ["no/such/folder", ""])
def test_a_folder_that_cannot_be_used_is_named(var, photos, tmp_path):
    folder = tmp_path / photos
    demo = manage(
        var, "demo", "--port", str(free_port()), FASHIONLENS_PHOTOS=str(folder)
    )
    text, _ = demo.communicate(timeout=120)
    assert demo.returncode == 1
    assert str(folder) in text
    assert "Traceback" not in text
    assert all_processes_ended(var)
