from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.fashion import frozen_views
from ml.fashion.augmentation import augmented_view
from ml.fashion.frozen_views import Views, make_views, views_of_each
from ml.measure.cutout import garment_mask
from ml.preprocess import read_photo, to_input
from ml.tests.drawn import draw_photo, write_dataset

SIZE, EACH, GROUNDS = 16, 6, 0.4


def frozen(pixels: np.ndarray) -> list[np.ndarray]:
    """Nothing but the pixels, their mean and their sum over colours."""
    values = pixels.astype(np.float32)
    return [values, values.mean(axis=(1, 2)), values.sum(axis=3)]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return sorted((write_dataset(tmp_path / "data", 12) / "train").rglob("*.png"))


def made(paths: list[Path], folder: Path, network=frozen, seed: int = 1) -> Views:
    return make_views(network, paths, SIZE, EACH, GROUNDS, seed, folder, "photos")


def test_the_first_view_is_the_photo_and_the_others_are_not(paths, tmp_path):
    views = made(paths, tmp_path)
    assert views.activations.shape == (len(paths), EACH, SIZE, SIZE, 3)
    assert views.layout.shape == (len(paths), 1, SIZE, SIZE)
    photo = to_input(read_photo(paths[3]), SIZE)
    assert (views.activations[3, 0] == photo).all()
    assert views.textures[3, 0] == pytest.approx(photo.mean(axis=(0, 1)), rel=1e-2)
    different = {view.tobytes() for view in np.asarray(views.activations[3])}
    assert len(different) == EACH


def test_some_views_have_another_background(paths, tmp_path, monkeypatch):
    laid = []

    def on_other_background(photo, mask, other, rng):
        laid.append(photo)
        return photo

    monkeypatch.setattr(frozen_views, "on_other_background", on_other_background)
    made(paths, tmp_path)
    found = sum(garment_mask(read_photo(path)) is not None for path in paths)
    assert found > len(paths) / 2
    assert len(laid) / (found * (EACH - 1)) == pytest.approx(GROUNDS, abs=0.12)


def test_the_seed_decides_the_views(paths, tmp_path):
    one, other = (made(paths[:4], tmp_path / name) for name in "ab")
    assert (one.activations == other.activations).all()
    third = made(paths[:4], tmp_path / "c", seed=2)
    assert (one.activations != third.activations).any()


def test_interrupted_views_resume_to_the_same_views(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(frozen_views, "AT_ONCE", 1)  # rounds of sixteen photos
    whole = made(paths, tmp_path / "whole")
    calls = []

    def killed(pixels: np.ndarray) -> list[np.ndarray]:
        calls.append(len(pixels))
        if len(calls) > 18 * EACH:  # in the second round
            raise KeyboardInterrupt
        return frozen(pixels)

    with pytest.raises(KeyboardInterrupt):
        made(paths, tmp_path / "cut", killed)
    calls.clear()

    def counted(pixels: np.ndarray) -> list[np.ndarray]:
        calls.append(len(pixels))
        return frozen(pixels)

    resumed = made(paths, tmp_path / "cut", counted)
    assert sum(calls) == EACH * (len(paths) - 16)  # the first round was kept
    for name in ("activations", "textures", "layout"):
        assert (getattr(resumed, name) == getattr(whole, name)).all()
    calls.clear()
    made(paths, tmp_path / "cut", counted)
    assert not calls


def test_a_large_catalogue_keeps_fewer_views_of_each_photo():
    assert views_of_each(10, 3000) == 10
    assert views_of_each(10, 20_000) == 3
    assert views_of_each(10, 1_000_000) == 2
    assert views_of_each(10, 0) == 10


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (400, 533)])
def test_any_photo_can_be_seen_by_a_phone(size):
    for seed in range(20):
        photo = Image.new("RGB", size, "red")
        view = augmented_view(photo, np.random.default_rng(seed), 24)
        assert (view.shape, view.dtype) == ((24, 24, 3), np.uint8)


def test_a_view_still_shows_the_photo():
    """Closer to it than to photos of other colours, nearly always."""
    photos = [to_input(draw_photo("block", n), SIZE).mean((0, 1)) for n in range(8)]
    right = 0
    for number in range(8):
        for seed in range(10):
            rng = np.random.default_rng(seed)
            view = augmented_view(draw_photo("block", number), rng, SIZE).mean((0, 1))
            right += np.argmin([np.abs(view - p).sum() for p in photos]) == number
    assert right > 50
