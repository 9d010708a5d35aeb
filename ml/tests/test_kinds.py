"""Kinds never trained on: which photos are measured, against a loop."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ml import kinds
from ml.dataset import SPLITS, read_splits
from ml.encoder import Encoder
from ml.measure.unseen_kinds import imagenet_encoder
from ml.preprocess import read_photo
from ml.tests.drawn import SHAPES, draw_photo, write_dataset
from ml.tests.test_encoder import write_encoder

PAIR = ("ball", "bar")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The drawn photos and a fourth kind: two are left when two are left out."""
    folder = write_dataset(tmp_path / "data")
    for part, split in enumerate(SPLITS, start=1):
        (folder / split / "hat").mkdir()
        for number in range(3):
            drawn = draw_photo("block", 100 * part + number)
            drawn.save(folder / split / "hat" / f"{number}.png")
    return folder


@pytest.fixture
def options(data, tmp_path, monkeypatch):
    """Both networks see mean colours alone; what is trained is written down."""
    network = Encoder.load(write_encoder(tmp_path / "encoder"))
    monkeypatch.setattr(kinds, "imagenet_encoder", lambda weights: network)
    trained = []

    def without(trainer, pair):
        trained.append(pair)
        return network

    monkeypatch.setattr(kinds.LeaveOutTrainer, "without", without)
    words = ["--data", str(data), "--out", str(tmp_path / "out"), "--pair", "ball,bar"]
    found = kinds._parser().parse_args(words)
    found.trainings = trained
    return found


def naive_recall(encoder, queries, gallery) -> float:
    right = 0
    for item in queries:
        vector = encoder.encode([read_photo(item.path)])[0]
        others = [other for other in gallery if other != item]
        apart = [
            1 - float(vector @ encoder.encode([read_photo(other.path)])[0])
            for other in others
        ]
        right += others[int(np.argmin(apart))].category == item.category
    return right / len(queries)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_recall_among_the_left_out_equals_a_loop(options, data, tmp_path, split):
    options.split = split
    figures = kinds.run(options)
    encoder = Encoder.load(tmp_path / "encoder")
    left_out = {
        name: [item for item in items if item.category in PAIR]
        for name, items in read_splits(data).items()
    }
    looked_at = left_out["train"] + left_out["validation"]
    looked_at += left_out["test"] if split == "test" else []
    (row,) = figures["pairs"]
    expected = {
        "split": naive_recall(encoder, left_out[split], left_out["train"]),
        "each_among_all": naive_recall(encoder, looked_at, looked_at),
    }
    assert row["untrained"] == pytest.approx(expected)
    assert row["trained"] == row["untrained"]
    assert (row["queries"], row["gallery"]) == (6, 12)
    assert row["photos"] == len(looked_at)
    assert figures["mean"]["points"] == {"split": 0, "each_among_all": 0}
    assert options.trainings == [PAIR]
    assert json.loads((options.out / "kinds.json").read_text()) == figures


def test_validation_photos_can_be_asked_without_opening_those_of_test(options, data):
    options.split = "validation"
    before = kinds.run(options)
    for path in (data / "test").rglob("*.png"):
        path.write_text("not for choosing by")
    assert kinds.run(options) == before


def test_every_pair_counts_the_same():
    rows = [
        {"untrained": {"split": 0.5}, "trained": {"split": 0.75}},
        {"untrained": {"split": 0.8}, "trained": {"split": 0.75}},
    ]
    found = kinds.means(rows)
    assert found["untrained"]["split"] == pytest.approx(0.65)
    assert found["points"]["split"] == pytest.approx(10)


def test_nothing_is_trained_when_only_the_baseline_is_wanted(options):
    options.trained = False
    assert "trained" not in kinds.run(options)["pairs"][0]
    assert options.trainings == []


def test_each_of_the_ten_kinds_is_left_out_once():
    left_out = [kind for pair in kinds.PAIRS for kind in pair]
    assert len(left_out) == len(set(left_out)) == 10


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("ball", "--pair takes two kinds"),
        ("ball,ball", "--pair takes two kinds"),
        ("ball,scarf", "The photos have no scarf"),
    ],
)
def test_a_pair_that_cannot_be_left_out_is_a_sentence(options, capsys, pair, said):
    words = ["--data", str(options.data), "--out", str(options.out), "--pair", pair]
    assert kinds.main(words) == 1
    assert said in capsys.readouterr().err
    assert not options.out.exists()


def test_two_categories_must_be_left_to_train_on(options, data, capsys):
    for path in data.glob("*/hat/*"):
        path.unlink()
    assert kinds.main(["--data", str(data), "--pair", "ball,bar"]) == 1
    assert "fewer than two categories are left" in capsys.readouterr().err


def test_untrained_features_have_unit_length():
    network = imagenet_encoder(None)
    vectors = network.encode([draw_photo(shape, 1) for shape in SHAPES])
    assert vectors.shape == (3, 1280) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert network.encode([]).shape == (0, 1280)
