from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from ml import preprocess
from ml.photo.container import read_container
from ml.photo.memory import DecoderBusy, MemoryBudget
from ml.photo.tests.hostile import hostile_photos
from ml.preprocess import open_photo, read_photo
from ml.tests.files import as_bytes

PEAK_MB = 300


def test_no_more_than_the_total_is_held():
    budget = MemoryBudget(100)
    two = budget.reserve(60, wait_s=0), budget.reserve(40, wait_s=0)
    with two[0], two[1], pytest.raises(DecoderBusy):
        budget.reserve(1, wait_s=0).__enter__()
    with budget.reserve(1000, wait_s=0):  # all, where there is not enough
        assert budget.free == 0
    assert budget.free == 100


def test_a_waiting_photo_goes_on_when_another_is_done():
    budget, entered = MemoryBudget(100), threading.Event()

    def wait() -> None:
        with budget.reserve(80, wait_s=30):
            entered.set()

    with budget.reserve(50, wait_s=0):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not entered.wait(0.05)
    thread.join(30)
    assert entered.is_set()


def test_an_error_gives_the_memory_back():
    budget = MemoryBudget(100)
    with pytest.raises(ZeroDivisionError), budget.reserve(100, wait_s=0):
        raise ZeroDivisionError
    assert budget.free == 100


def test_a_photo_waits_for_others_and_gives_up(monkeypatch):
    monkeypatch.setattr(preprocess, "_memory", MemoryBudget(1_000_000))
    large = as_bytes(Image.new("RGB", (500, 400), "red"), "PNG")
    with open_photo(large), pytest.raises(DecoderBusy, match="Try again"):
        read_photo(large, wait_s=0)
    assert read_photo(large, wait_s=0).size == (500, 400)


def test_a_smaller_scale_needs_less_memory():
    png = read_container(as_bytes(Image.new("RGB", (80, 80)), "PNG"))
    assert png.memory((80, 80), 1) == 8 * 6400
    assert png.memory((80, 80), 8) < 5 * 6400
    plain = read_container(as_bytes(Image.new("RGB", (80, 80))))
    slow = read_container(as_bytes(Image.new("RGB", (80, 80)), progressive=True))
    assert plain.memory((80, 80), 8) < 6400 < slow.memory((80, 80), 8)


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("hostile")
    paths = {}
    for name, (data, _) in hostile_photos().items():
        paths[name] = folder / name
        paths[name].write_bytes(data)
    return paths


# Seconds: these are the largest photos that are taken.
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("max_side", [384, None])
def test_the_largest_photos_take_little_memory(photos, max_side):
    code = (
        "import re, sys; from pathlib import Path;"
        "from ml.preprocess import read_photo;"
        f"any(read_photo(Path(p), max_side={max_side}) is None for p in sys.argv[1:]);"
        # Unlike ru_maxrss, this peak does not include the parent's.
        "peak_kb = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1];"
        "print(int(peak_kb) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, photos.values())],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < PEAK_MB
