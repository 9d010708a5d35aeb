from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.fashion import frozen_views
from ml.fashion.augmentation import augmented_view
from ml.fashion.frozen_views import ViewMaker, Views, make_views, views_of_each
from ml.preprocess import read_photo, to_input
from ml.tests.drawn import draw_photo, write_dataset

SIZE, EACH, GROUNDS = 16, 6, 0.4


def finder(pixels: np.ndarray) -> list[np.ndarray]:
    """All of each photo is a garment that stands upright."""
    count = len(pixels)
    turns = np.tile(np.array([9.0, 0, 0, 0]), (count, 1))
    return [np.ones((count, 32, 32), np.float32), np.full(count, 5.0), turns]


def frozen(pixels: np.ndarray, masks: np.ndarray) -> list[np.ndarray]:
    """Nothing but the pixels, the mask and the mean."""
    values = pixels.astype(np.float32)
    return [values, masks[..., None].astype(np.float32), values.mean(axis=(1, 2))]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return sorted((write_dataset(tmp_path / "data", 12) / "train").rglob("*.png"))


def made(paths: list[Path], folder: Path, network=frozen, seed: int = 1) -> Views:
    maker = ViewMaker(finder, network, 32, SIZE, GROUNDS, seed)
    return make_views(maker, paths, EACH, folder, "photos")


def test_the_first_view_is_the_photo_and_the_others_are_not(paths, tmp_path):
    views = made(paths, tmp_path)
    assert views.activations.shape == (len(paths), EACH, SIZE, SIZE, 3)
    assert views.weights.shape == (len(paths), EACH, 4, 4, 1)
    photo = to_input(read_photo(paths[3]), SIZE).mean(axis=(0, 1))
    assert views.colours[3, 0] == pytest.approx(photo, abs=12)  # with its margin
    different = {view.tobytes() for view in np.asarray(views.activations[3])}
    assert len(different) == EACH


def test_some_views_have_another_background(paths, tmp_path, monkeypatch):
    laid = []

    def on_other_background(photo, mask, other, rng):
        laid.append(photo)
        assert mask.size == photo.size
        return photo

    monkeypatch.setattr(frozen_views, "on_other_background", on_other_background)
    made(paths, tmp_path)
    assert len(laid) / (len(paths) * (EACH - 1)) == pytest.approx(GROUNDS, abs=0.12)


def test_the_seed_decides_the_views(paths, tmp_path):
    one, other = (made(paths[:4], tmp_path / name) for name in "ab")
    assert (one.activations == other.activations).all()
    third = made(paths[:4], tmp_path / "c", seed=2)
    assert (one.activations != third.activations).any()


def test_interrupted_views_resume_to_the_same_views(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(frozen_views, "AT_ONCE", 1)  # rounds of sixteen photos
    whole = made(paths, tmp_path / "whole")
    calls = []

    def killed(pixels: np.ndarray, masks: np.ndarray) -> list[np.ndarray]:
        calls.append(len(pixels))
        if len(calls) > 18 * EACH:  # in the second round
            raise KeyboardInterrupt
        return frozen(pixels, masks)

    with pytest.raises(KeyboardInterrupt):
        made(paths, tmp_path / "cut", killed)
    calls.clear()

    def counted(pixels: np.ndarray, masks: np.ndarray) -> list[np.ndarray]:
        calls.append(len(pixels))
        return frozen(pixels, masks)

    resumed = made(paths, tmp_path / "cut", counted)
    assert sum(calls) == EACH * (len(paths) - 16)  # the first round was kept
    for ours, theirs in zip(resumed.arrays, whole.arrays, strict=True):
        assert (ours == theirs).all()
    calls.clear()
    made(paths, tmp_path / "cut", counted)
    assert not calls


def test_a_large_catalogue_keeps_fewer_views_of_each_photo():
    assert views_of_each(10, 3000) == 10
    assert views_of_each(10, 33_000) == 3
    assert views_of_each(10, 1_000_000) == 2
    assert views_of_each(10, 0) == 10


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (400, 533)])
def test_any_photo_can_be_seen_by_a_phone(size):
    for seed in range(20):
        view = augmented_view(
            Image.new("RGB", size, "red"), np.random.default_rng(seed)
        )
        assert view.mode == "RGB" and min(view.size) >= 1


def test_a_view_still_shows_the_photo():
    """Closer to it than to photos of other colours, nearly always."""
    photos = [to_input(draw_photo("block", n), SIZE).mean((0, 1)) for n in range(8)]
    right = 0
    for number in range(8):
        for seed in range(10):
            rng = np.random.default_rng(seed)
            view = augmented_view(draw_photo("block", number), rng)
            mean = to_input(view, SIZE).mean((0, 1))
            right += np.argmin([np.abs(mean - p).sum() for p in photos]) == number
    assert right > 50
