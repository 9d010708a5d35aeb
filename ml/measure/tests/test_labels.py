from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.dataset import PhotoFile
from ml.errors import ConfigError
from ml.measure.bands import Shown
from ml.measure.labels import Labels, Notes, agreements, grades, read_rows
from ml.measure.parts import calibrate_parts, named_colours, part_of
from ml.measure.pixel_features import PixelFeatures

HEAD = "image,kind,pattern,colour1,colour2"
LINES = """train/shoes/1.jpg,sneaker,plain,navy,
train/shoes/2.jpg,heel,plain,black,
train/shoes/3.jpg,sneaker,striped,white,red
train/dress/4.jpg,sneaker,plain,red,white"""


@pytest.fixture
def labels(tmp_path: Path) -> Labels:
    file = tmp_path / "attributes.csv"
    file.write_text(f"{HEAD}\n{LINES}\n")
    notes = Notes.read(tmp_path, file, None)
    items = [
        PhotoFile(tmp_path / line.split(",")[0], line.split("/")[1])
        for line in LINES.splitlines()
    ]
    return notes.labels(items, PixelFeatures.from_images([]))


def test_what_two_photos_agree_in(labels):
    same = agreements(labels, labels)
    assert same["category"][0].tolist() == [True, True, True, False]
    assert same["kind"][0].tolist() == [True, False, True, True]
    assert same["pattern"][0].tolist() == [True, True, False, True]
    assert same["colour"][0].tolist() == [True, True, False, False]  # navy, black
    assert same["colour"][2].tolist() == [False, False, True, True]  # the same two


def test_the_grade_counts_kind_and_pattern_together(labels):
    """Worked out by hand for the navy sneaker."""
    assert grades(agreements(labels, labels))["grade"][0].tolist() == [3, 2, 1, 2]


def test_photos_without_a_kind_are_not_judged(tmp_path):
    file = tmp_path / "attributes.csv"
    file.write_text(f"{HEAD}\na.jpg,unclear,plain,red,\n")
    notes = Notes.read(tmp_path, file, None)
    items = [PhotoFile(tmp_path / name, "hat") for name in ("a.jpg", "b.jpg")]
    found = notes.labels(items, PixelFeatures.from_images([]))
    assert not found.known.any()


def test_without_labels_colour_and_pattern_are_measured():
    features = PixelFeatures(
        np.array([[50.0, 0, 0], [55.0, 0, 0], [50.0, 60, 0]]),
        np.array([1.0, 1.2, 4.0]),
        np.zeros((3, 3)),
    )
    names = np.array(["hat", "hat", "dress"])
    measured = Labels(names, np.array(["", "", ""]), features)
    same = agreements(measured, measured)
    assert same["colour"][0].tolist() == [True, True, False]
    assert same["pattern"][0].tolist() == [True, True, False]
    assert (same["kind"] == same["category"]).all()
    assert measured.known.all()


def test_a_file_without_its_columns_is_a_sentence(tmp_path):
    file = tmp_path / "attributes.csv"
    file.write_text("image,kind\n")
    with pytest.raises(ConfigError, match="lacks the column colour1, pattern"):
        read_rows(file, ["kind", "pattern", "colour1"])
    with pytest.raises(ConfigError, match="cannot be read"):
        read_rows(tmp_path / "no.csv", [])


PARTS = {
    "kind": {"start": 0, "stop": 2, "weight": 0.6},
    "colour": {"start": 2, "stop": 4, "weight": 0.4},
}


def photos(count: int, seed: int) -> Shown:
    """Kind and colour names that the parts show, with little noise."""
    rng = np.random.default_rng(seed)
    kinds, colours = rng.integers(2, size=(2, count))
    parts = [np.eye(2)[c] + rng.normal(size=(count, 2)) / 20 for c in (kinds, colours)]
    units = [p / np.linalg.norm(p, axis=1, keepdims=True) for p in parts]
    vectors = np.concatenate([units[0] * 0.6**0.5, units[1] * 0.4**0.5], axis=1)
    nothing = np.full(count, "", dtype=str)
    labels = Labels(
        np.full(count, "hat"),
        nothing,
        PixelFeatures.from_images([]),
        np.array(["cap", "beret"])[kinds],
        np.full(count, "plain"),
        (np.array(["red", "green"])[colours], nothing),
    )
    return Shown(vectors.astype(np.float32), labels)


def test_the_distance_of_a_part_is_one_people_agree_within():
    asked, gallery = photos(40, 1), photos(60, 2)
    found = calibrate_parts(PARTS, asked, gallery)
    assert set(found) == {"kind", "colour"}
    ours, theirs = (part_of(s.vectors, PARTS["colour"]) for s in (asked, gallery))
    close = 1 - ours @ theirs.T <= found["colour"]
    names = [s.labels.colours[0] for s in (asked, gallery)]
    assert (names[0][:, None] == names[1][None])[close].mean() > 0.75


def test_a_named_colour_has_shades_of_the_colour_part():
    shades = named_colours(PARTS, photos(60, 3), seed=1)
    assert set(shades) == {"red", "green"}
    assert np.linalg.norm(shades["red"], axis=1) == pytest.approx(1, abs=1e-3)
    assert np.array(shades["red"])[:, 0].min() > 0.9  # the first number stands for red


def test_without_labels_nothing_is_named():
    shown = photos(20, 1)
    bare = Labels(shown.labels.categories, shown.labels.senders, shown.labels.features)
    unnamed = Shown(shown.vectors, bare)
    assert named_colours(PARTS, unnamed, seed=1) == {}
    assert calibrate_parts(PARTS, unnamed, unnamed) == {}
