"""What a training begins with: its finder, and the encoder it starts from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ml.backend import keras
from ml.dataset import Photos, load_splits, read_splits
from ml.fashion import prepare
from ml.fashion.network import StartError
from ml.fashion.tests.small import SMALL, tiny_finder
from ml.measure.labels import Notes
from ml.recipes import Sources
from ml.tests.drawn import write_dataset

# Keras 3.15 on NumPy 2.4 warns; nothing here can change that.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "data")


@pytest.fixture
def photos(data: Path) -> Photos:
    return load_splits(read_splits(data), ["train"], 0)["train"]


def test_a_finder_is_trained_again_only_for_other_masks(
    data, photos, tmp_path, monkeypatch
):
    trained = []

    def train(pairs: dict[Path, Path], *_: object) -> keras.Model:
        trained.append(pairs)
        return tiny_finder()

    monkeypatch.setattr(prepare, "train_finder", train)
    masks = tmp_path / "masks"
    shutil.copytree(data, masks)
    given = Sources(Notes(data), masks=masks)
    for _ in range(2):  # the second time after an interruption
        prepare._finder(SMALL, photos, given, tmp_path, tmp_path)
    assert len(trained) == 1
    first, second, *_ = trained[0].values()
    assert first.is_file()
    shutil.copy(second, first)
    prepare._finder(SMALL, photos, given, tmp_path, tmp_path)
    assert len(trained) == 2


def test_an_encoder_without_names_cannot_be_trained_further(data, photos, tmp_path):
    (tmp_path / "encoder.json").write_text("{}")
    given = Sources(Notes(data), start=tmp_path)
    with pytest.raises(StartError, match=r"encoder\.json lacks the names"):
        prepare.begin(SMALL, photos, given, tmp_path)
