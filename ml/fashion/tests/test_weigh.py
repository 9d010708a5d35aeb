"""Weights of parts, chosen for vectors made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ml.fashion import weigh
from ml.fashion.weigh import Trial, search, value_of
from ml.tests.drawn import write_dataset
from ml.tests.test_encoder import write_encoder

PARTS = {
    "kind": {"start": 0, "stop": 2, "weight": 0.5},
    "noise": {"start": 2, "stop": 4, "weight": 0.5},
}
EVEN = {"kind": 0.5, "noise": 0.5}


def vectors(kinds: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Two parts of two numbers, each a point on a circle."""
    angles = np.stack([0.5 * kinds, noise])
    parts = np.stack([np.cos(angles), np.sin(angles)], axis=2) / np.sqrt(2)
    return np.concatenate(parts, axis=1).astype(np.float32)


@pytest.fixture
def trial() -> Trial:
    """The first part says what is alike, the second is random."""
    rng = np.random.default_rng(1)
    asked, shown = np.arange(24) % 4, np.arange(80) % 4
    queries = vectors(asked, rng.uniform(0, 6, 24))
    right = asked[:, None] == shown[None]
    return Trial(
        PARTS,
        queries,
        vectors(shown, rng.uniform(0, 6, 80)),
        {"first": queries},
        {"half": queries[:: weigh.EVERY]},
        3 * right,
        right,
        right,
        np.zeros_like(right),
    )


def test_a_part_that_tells_what_is_alike_gets_more_weight(trial):
    chosen, figures = search(trial, EVEN)
    assert chosen["kind"] > 0.8
    assert sum(chosen.values()) == pytest.approx(1)
    assert value_of(figures) > value_of(trial.figures(EVEN))
    assert figures["recall@1"] == 1


def test_figures_of_one_part_alone_are_known(trial):
    figures = trial.figures({"kind": 1.0})
    assert (figures["grade"], figures["recall@1"], figures["mAP"]) == (3, 1, 1)
    assert figures["kept"] == 1
    assert figures["very similar"] == 1


def test_alike_photos_that_lie_among_others_are_not_called_so(trial):
    few = trial.right & (np.arange(80) % 8 < 4)[None]  # half of those at one distance
    mixed = Trial(**{**trial.__dict__, "alike": few})
    assert mixed.figures({"kind": 1.0})["very similar"] == 0


def test_photos_left_out_are_in_no_ranking(trial):
    alone = Trial(**{**trial.__dict__, "left_out": trial.right})
    figures = alone.figures({"kind": 1.0})
    assert (figures["grade"], figures["recall@1"]) == (0, 0)


def test_labels_and_parts_are_needed(tmp_path, capsys):
    data, encoder = write_dataset(tmp_path / "data"), write_encoder(tmp_path / "e")
    words = ["--data", str(data), "--encoder", str(encoder)]
    assert weigh.main(words) == 1
    assert "pass --attributes" in capsys.readouterr().err
    notes = tmp_path / "attributes.csv"
    notes.write_text("image,kind,pattern,colour1,colour2\ntrain/ball/001.png,a,b,c,\n")
    assert weigh.main([*words, "--attributes", str(notes)]) == 1
    assert "no parts" in capsys.readouterr().err
