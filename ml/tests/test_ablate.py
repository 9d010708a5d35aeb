"""Rows of ABLATIONS.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from ml import ablate
from ml.encoder import Encoder
from ml.tests.drawn import write_dataset
from ml.tests.test_encoder import write_encoder

TWO_PARTS = {"category_weight": 0.64, "category_dimension": 1}


def two_parts(folder: Path) -> Path:
    """Red as the category, green and blue as the appearance."""
    return write_encoder(folder, recipe=TWO_PARTS)


def vectors() -> np.ndarray:
    """Of a network with such a share: each part has its length."""
    rng = np.random.default_rng(0)
    appearance = rng.normal(size=(5, 2))
    appearance /= np.linalg.norm(appearance, axis=1, keepdims=True)
    return np.hstack([0.8 * np.sign(rng.normal(size=(5, 1))), 0.6 * appearance])


@pytest.mark.parametrize("weight", [0, 0.25, 0.64, 1])
def test_vectors_weighed_anew_are_of_unit_length_and_share(tmp_path, weight):
    encoder = Encoder.load(two_parts(tmp_path))
    found = ablate.reweight(vectors(), encoder, weight)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(5))
    assert np.abs(found[:, 0]) == pytest.approx(np.full(5, weight**0.5))
    if weight == 0.64:
        assert found == pytest.approx(vectors())


def test_a_row_for_each_weight_without_opening_a_test_photo(tmp_path, capsys):
    data = write_dataset(tmp_path / "data")
    shutil.rmtree(data / "test")
    write_dataset(tmp_path / "other")
    (tmp_path / "other" / "test").rename(data / "test")
    for path in (data / "test").rglob("*.png"):
        path.write_text(f"not for choosing by: {path.name}")
    encoder = two_parts(tmp_path / "encoder")
    words = ["--data", str(data), "--encoder", str(encoder)]
    assert ablate.main([*words, "--category-weights", "0,0.64,1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert [line.split(" | ")[1] for line in lines[2:]] == ["0", "0.64", "1"]
    assert ablate.main(words) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_an_encoder_of_one_part_is_one_row_or_a_sentence(tmp_path, capsys):
    data = write_dataset(tmp_path / "data")
    encoder = write_encoder(tmp_path / "encoder")
    words = ["--data", str(data), "--encoder", str(encoder)]
    assert ablate.main(words) == 0
    assert " | - | " in capsys.readouterr().out
    assert ablate.main([*words, "--category-weights", "0.5"]) == 1
    assert "no category and appearance" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["2", "-0.1", "half", "0.5,", "nan"])
def test_senseless_weights_are_refused(tmp_path, capsys, words):
    data, encoder = write_dataset(tmp_path / "data"), two_parts(tmp_path / "encoder")
    arguments = ["--data", str(data), "--encoder", str(encoder)]
    assert ablate.main([*arguments, f"--category-weights={words}"]) == 1
    assert "numbers from 0 to 1" in capsys.readouterr().err
