"""What a training begins with: its finder, and the encoder it starts from."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from PIL import Image

from ml.backend import keras
from ml.dataset import Photos, load_splits, read_splits
from ml.fashion import prepare
from ml.fashion.network import StartError
from ml.fashion.prepare import make_sources
from ml.fashion.tests.small import SMALL, tiny_finder, tiny_maker, tiny_parts
from ml.measure.labels import Notes
from ml.recipes import Sources
from ml.tests.drawn import SHAPES, write_dataset

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
    monkeypatch.setattr(prepare, "open_finder", lambda file: file.parent)
    taken = dataclasses.replace(given, finder=tmp_path / "other")
    found = prepare._finder(SMALL, photos, taken, tmp_path, tmp_path)
    assert found == tmp_path / "other" and len(trained) == 2


def test_the_first_training_sees_crops_by_given_masks(
    data, photos, tmp_path, monkeypatch
):
    masks = tmp_path / "masks"
    for path in photos.paths[1:]:  # one photo has none
        file = masks / path.relative_to(data)
        file.parent.mkdir(parents=True, exist_ok=True)
        block = Image.new("L", (96, 96))
        block.paste(255, (24, 12, 60, 84))
        block.save(file)
    parts = tiny_parts()
    monkeypatch.setattr(prepare, "_view_maker", lambda *_: tiny_maker(parts))
    both = {"train": photos, "validation": photos.without(SHAPES)}
    sources = [Sources(Notes(data), masks=folder) for folder in (None, masks)]
    names = {"category": SHAPES}
    (whole, tuned, _), (masked, again, _) = (
        make_sources(parts, names, SMALL, both, given, tmp_path) for given in sources
    )
    assert whole is tuned
    assert (again.views.weights == tuned.views.weights).all()
    seen = masked.views.weights[:, 0].mean(axis=(1, 2, 3))
    everything, narrow_block = 1.02, 0.55
    assert seen[0] == pytest.approx(everything, abs=0.01)
    assert seen[1:] == pytest.approx(narrow_block, abs=0.05)
    assert (masked.targets["category"].shares == tuned.targets["category"].shares).all()


def test_an_encoder_without_names_cannot_be_trained_further(data, photos, tmp_path):
    (tmp_path / "encoder.json").write_text("{}")
    given = Sources(Notes(data), start=tmp_path)
    with pytest.raises(StartError, match=r"encoder\.json lacks the names"):
        prepare.begin(SMALL, photos, given, tmp_path)
