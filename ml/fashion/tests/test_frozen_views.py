from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.fashion import frozen_views
from ml.fashion.augmentation import augmented_view
from ml.fashion.frozen_views import (
    ViewMaker,
    Views,
    _given_mask,
    make_views,
    views_of_each,
)
from ml.finder.pictures import with_mask
from ml.preprocess import read_photo, to_input
from ml.tests.drawn import draw_photo, write_dataset

SIZE, EACH, GROUNDS = 16, 6, 0.4


def finder(pixels: np.ndarray) -> list[np.ndarray]:
    """All of each photo is a garment that stands upright."""
    count = len(pixels)
    turns = np.tile(np.array([9.0, 0, 0, 0]), (count, 1))
    return [np.ones((count, 32, 32), np.float32), np.full(count, 5.0), turns]


def frozen(
    pixels: np.ndarray, masks: np.ndarray, visible: np.ndarray
) -> list[np.ndarray]:
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


@pytest.mark.parametrize("fill", [0, 255])
def test_a_mask_that_says_nothing_is_not_used(paths, tmp_path, fill):
    assert _given_mask(None, (9, 9)) is None
    assert _given_mask(tmp_path / "no.png", (9, 9)) is None
    Image.new("L", (20, 20), fill).save(tmp_path / "mask.png")
    assert _given_mask(tmp_path / "mask.png", (9, 9)) is None


def test_the_seed_decides_the_views(paths, tmp_path):
    one, other = (made(paths[:4], tmp_path / name) for name in "ab")
    assert (one.activations == other.activations).all()
    third = made(paths[:4], tmp_path / "c", seed=2)
    assert (one.activations != third.activations).any()


def test_interrupted_views_resume_to_the_same_views(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(frozen_views, "AT_ONCE", 1)  # rounds of sixteen photos
    whole = made(paths, tmp_path / "whole")
    calls = []

    def killed(pixels: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
        calls.append(len(pixels))
        if len(calls) > 18 * EACH:  # in the second round
            raise KeyboardInterrupt
        return frozen(pixels, *others)

    with pytest.raises(KeyboardInterrupt):
        made(paths, tmp_path / "cut", killed)
    calls.clear()

    def counted(pixels: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
        calls.append(len(pixels))
        return frozen(pixels, *others)

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


def test_the_mask_moves_with_the_photo():
    photo, mask = Image.new("RGB", (90, 120), "grey"), Image.new("L", (90, 120))
    photo.paste((220, 20, 30), (20, 30, 60, 90))
    mask.paste(255, (20, 30, 60, 90))
    agreed = []
    for seed in range(30):
        view = augmented_view(with_mask(photo, mask), np.random.default_rng(seed))
        red, green, _, sure = np.asarray(view).astype(int).transpose(2, 0, 1)
        garment = red > 2 * green
        agreed.append((garment == (sure > 127)).mean())
    assert np.mean(agreed) > 0.9  # something may lie on the garment
    assert np.median(agreed) > 0.97


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (400, 533)])
def test_any_photo_can_be_seen_by_a_phone(size):
    for seed in range(20):
        photo = with_mask(Image.new("RGB", size, "red"), Image.new("L", size, 255))
        view = augmented_view(photo, np.random.default_rng(seed))
        assert view.mode == "RGBX" and min(view.size) >= 1


def test_a_view_still_shows_the_photo():
    """Closer to it than to photos of other colours, nearly always."""
    photos = [to_input(draw_photo("block", n), SIZE).mean((0, 1)) for n in range(8)]
    right = 0
    for number in range(8):
        for seed in range(10):
            rng = np.random.default_rng(seed)
            photo = draw_photo("block", number)
            mask = Image.new("L", photo.size, 255)
            view = augmented_view(with_mask(photo, mask), rng)
            mean = to_input(view.convert("RGB"), SIZE).mean((0, 1))
            right += np.argmin([np.abs(mean - p).sum() for p in photos]) == number
    assert right > 50
