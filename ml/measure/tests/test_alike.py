from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ml.encoder import Encoder
from ml.measure.alike import (
    _grounds,
    band_grades,
    first_results,
    kept_results,
    without_garment,
)
from ml.measure.bands import Shown
from ml.measure.gallery import embed
from ml.measure.labels import Labels
from ml.measure.pixel_features import PixelFeatures
from ml.serving.garments import Finding
from ml.tests.test_encoder import write_encoder


def shown(points: list[float], kinds: list[str], colours: list[str]) -> Shown:
    """Photos at angles on a circle, all of one category and plain."""
    count = len(points)
    vectors = np.stack([np.cos(points), np.sin(points)], axis=1)
    nothing = np.full(count, "", dtype=str)
    labels = Labels(
        np.full(count, "hat"),
        nothing,
        PixelFeatures(np.zeros((count, 3)), np.zeros(count), np.zeros((count, 3))),
        np.array(kinds),
        np.full(count, "plain"),
        (np.array(colours), nothing),
    )
    return Shown(vectors.astype(np.float32), labels)


def test_the_first_results_are_graded_by_hand(monkeypatch):
    monkeypatch.setattr("ml.measure.alike.FIRST", 2)
    asked = shown([0.0], ["cap"], ["red"])
    gallery = shown(
        [0.1, 0.2, 0.9, 1.0],
        ["cap", "beret", "cap", "unclear"],
        ["red", "green", "red", "red"],
    )
    found = first_results(asked, gallery)
    assert found["queries"] == 1
    assert found["grade"] == {
        "first 8": pytest.approx((3 + 1) / 2),
        "chance": pytest.approx((3 + 1 + 3) / 3),  # the unclear one does not count
        "best": pytest.approx(3),
    }
    assert found["colour"]["first 8"] == found["kind"]["first 8"] == 0.5


def test_only_results_called_very_similar_are_graded():
    asked = shown([0.0], ["cap"], ["red"])
    gallery = shown([0.01, 0.2, 0.25], ["cap"] * 3, ["red", "green", "red"])
    limits = [("same item", 0.001), ("very similar", 0.04), ("similar", 0.5)]
    found = band_grades(asked, gallery, limits)
    assert found["of the first 8"] == 2  # the closest is the same item
    assert found["grade"] == pytest.approx(2.5)
    assert found["graded 1 or less"] == 0
    assert band_grades(asked, gallery, [("similar", 0.5)]) == {}


@pytest.fixture
def encoder(tmp_path) -> Encoder:
    return Encoder.load(write_encoder(tmp_path / "encoder"))


def test_turns_keep_what_a_mean_colour_finds(encoder, tmp_path):
    from ml.dataset import read_splits
    from ml.tests.drawn import SHAPES, write_dataset

    splits = read_splits(write_dataset(tmp_path / "data", 8))
    train, test = (embed(encoder, splits[n], SHAPES, n) for n in ("train", "test"))
    found = kept_results(encoder, test, train)
    assert set(found) == {"half size", "turned 90", "turned 180", "turned 20"}
    assert found["turned 90"]["kept"] == found["turned 180"]["kept"] == 1
    assert 0 <= found["half size"]["kept"] < 1


def test_a_picture_in_which_nothing_is_found_gets_no_product(
    encoder, tmp_path, monkeypatch
):
    monkeypatch.setattr("ml.measure.alike.EMPTY", 4)
    Image.new("RGB", (9, 9), "grey").save(tmp_path / "grey.png")
    from ml.dataset import PhotoFile

    gallery = embed(encoder, [PhotoFile(tmp_path / "grey.png", "a")], ["a"], "photos")
    whole = without_garment(encoder, gallery, gallery)
    assert set(whole) == {"plain", "noise", "text", "drawn"}
    assert whole["noise"] > 0
    nothing = Finding((), 0.1), np.empty((0, encoder.dimension), np.float32)
    monkeypatch.setattr(Encoder, "encode_garments", lambda self, image: nothing)
    assert not any(without_garment(encoder, gallery, gallery).values())


def test_bare_grounds_show_nothing_of_the_garment(tmp_path):
    for number in range(6):
        photo = Image.new("RGB", (320, 320), (150, 140, 130))
        photo.paste((200, 30, 40), (90, 90, 230, 230))
        photo.save(tmp_path / f"{number}.png")
    grounds = _grounds(sorted(tmp_path.iterdir()))
    assert len(grounds) == 6
    for ground in grounds:
        assert min(ground.size) > 30
        assert np.ptp(np.asarray(ground), axis=(0, 1)).max() < 20
