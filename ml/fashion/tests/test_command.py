"""Run ml.train with the real network, made small: train, train further, export."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ml import export, train
from ml.backend import keras
from ml.encoder import RUNTIMES, Encoder
from ml.fashion.network import (
    VISIBLE,
    StartError,
    build_parts,
    join,
    open_parts,
    readable,
    with_ground,
)
from ml.fashion.readout import build_readout
from ml.fashion.reweigh import write_weighed
from ml.fashion.tests.small import REAL, SMALL, WARNINGS, tiny_finder
from ml.measure.labels import Notes
from ml.preprocess import read_photo
from ml.recipes import SCRATCH, FashionRecipe, Sources
from ml.tests.drawn import SHAPES, draw_photo, write_dataset

pytestmark = [*WARNINGS, pytest.mark.usefixtures("eager")]


def write_notes(data: Path) -> Notes:
    """Labels for two thirds of the photos, senders for all."""
    paths = sorted(data.rglob("*.png"))
    columns = ["image", "kind", "pattern", "colour1", "colour2", "sure"]
    with (data / "attributes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for i, path in enumerate(paths):
            if i % 3:
                image = path.relative_to(data).as_posix()
                look = ["plain", "dotted"][i % 2], ["red", "navy", "blue"][i % 3]
                writer.writerow([image, f"kind{i % 4}", *look, "", i % 2])
    with (data / "senders.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "sender"])
        for i, path in enumerate(paths):
            writer.writerow([path.relative_to(data).as_posix(), i // 3])
    return Notes.read(data, data / "attributes.csv", data / "senders.csv")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of ml.train with the real network, made small; its folder."""
    folder = tmp_path_factory.mktemp("trained")
    notes = write_notes(write_dataset(folder / "data"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ml.fashion.prepare.open_finder", lambda file: tiny_finder())
        sources = Sources(notes, views=folder / "views")
        train.train_folder(dataclasses.replace(REAL, dimension=64), sources, folder)
    return folder


def test_the_command_leaves_an_encoder_to_serve_from(trained):
    for name in ("encoder.keras", "encoder.onnx", "history.csv", "loss.png"):
        assert (trained / name).is_file()
    encoder = Encoder.load(trained)
    assert encoder.version.startswith("small-")
    assert (encoder.input_size, encoder.dimension) == (64, 64)
    image = read_photo(next((trained / "data").rglob("*.png")))
    vectors = encoder.encode([image])
    assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-4)
    assert list(encoder.parts)[1:3] == ["kind", "pattern"]
    assert set(encoder.part_bands) == {"kind", "pattern", "colour"}
    assert set(encoder.colours) == {"navy", "blue"}
    assert len(encoder.find(image).garments) == 1


def test_both_runtimes_find_and_encode_alike(trained):
    photos = [draw_photo(shape, 5, 200) for shape in SHAPES]
    onnx, keras_ = (Encoder.load(trained, runtime) for runtime in RUNTIMES)
    cosines = (onnx.encode(photos) * keras_.encode(photos)).sum(axis=1)
    assert cosines.min() > 0.9999
    found = [[e.find(photo).garments for photo in photos] for e in (onnx, keras_)]
    assert found[0] == found[1]


def test_an_exported_network_keeps_its_finder_and_parts(trained, tmp_path):
    words = ["--keras", trained / "encoder.keras", "--data", trained / "data"]
    assert export.main([*map(str, words), "--out", str(tmp_path)]) == 0
    before, after = Encoder.load(trained), Encoder.load(tmp_path)
    photo = draw_photo("ball", 5, 200)
    assert after.find(photo) == before.find(photo)
    assert after.encode([photo]) == pytest.approx(before.encode([photo]), abs=1e-3)
    assert after.parts == before.parts
    assert after.part_bands == before.part_bands
    assert list(after.colours) == list(before.colours)


def test_an_encoder_is_weighed_again(trained, tmp_path):
    before = Encoder.load(trained)
    weights = dict.fromkeys(before.parts, 1 / len(before.parts))
    notes = write_notes(trained / "data")
    version = write_weighed(before, weights, notes, tmp_path, "python -m weigh")
    after = Encoder.load(tmp_path)
    assert after.version == version
    assert after.info["command"] == before.info["command"]
    assert after.info["weighed_by"] == "python -m weigh"
    photo = draw_photo("ball", 5, 200)
    ours, theirs = (e.encode([photo])[0] for e in (before, after))
    for name, part in after.parts.items():
        assert part.weight == pytest.approx(weights[name], abs=1e-5)
        old = ours[before.parts[name].numbers] / np.sqrt(before.parts[name].weight)
        new = theirs[part.numbers] / np.sqrt(part.weight)
        assert old == pytest.approx(new, abs=1e-3)


def test_training_goes_on_without_labels(trained, tmp_path):
    """The heads keep what they say; colours keep their names and axes."""
    recipe = dataclasses.replace(REAL, dimension=64, learning_rate=1e-9)
    notes = Notes(trained / "data")
    info = train.train_folder(
        recipe, Sources(notes, start=trained, views=trained / "views"), tmp_path
    )
    before, after = Encoder.load(trained), Encoder.load(tmp_path)
    assert set(info["names"]) == set(before.info["names"])
    assert list(before.parts) == list(after.parts)
    assert after.part_bands == before.part_bands
    assert info["colours"] == before.info["colours"]
    part = before.parts["colour"]
    photos = [draw_photo(shape, 5, 200) for shape in SHAPES]
    ours, theirs = (e.encode(photos)[:, part.numbers] for e in (before, after))
    assert ours == pytest.approx(theirs, abs=1e-3)
    assert not (tmp_path / SCRATCH).exists()


def test_left_out_categories_are_not_trained_on_and_views_are_reused(
    trained, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "ml.fashion.frozen_views.augmented_view", lambda *_: pytest.fail("made again")
    )
    sources = Sources(
        Notes(trained / "data"),
        start=trained,
        leave_out=("bar",),
        views=trained / "views",
    )
    recipe = dataclasses.replace(REAL, dimension=64)
    info = train.train_folder(recipe, sources, tmp_path)
    assert set(info["data"]["train_categories"]) == {"ball", "block"}
    assert info["names"]["category"] == ["ball", "block"]


def test_training_does_not_continue_from_another_recipe(tmp_path):
    image = keras.Input((32, 32, 3))
    file = tmp_path / "encoder.keras"
    keras.Model(image, keras.layers.GlobalAveragePooling2D()(image)).save(file)
    with pytest.raises(StartError, match="not made by --recipe fashion"):
        open_parts(file, SMALL)


def test_an_encoder_of_another_size_is_named(trained):
    wide = dataclasses.replace(SMALL, input_size=96)
    with pytest.raises(StartError, match=r"crops of 64 pixels.*needs 96"):
        open_parts(trained / "encoder.keras", wide)


def test_the_parts_add_up_to_the_encoder():
    parts = build_parts(REAL, None, tiny_finder(), {"category": 3})
    readout, _, _ = build_readout(parts, REAL)
    crop = np.asarray(draw_photo("ball", 1, 64))[None]
    mask = np.full((1, 16, 16), 255, np.uint8)
    image = np.zeros((1, 128, 128, 3), np.uint8)
    activations, weights, colours = parts.lower({"crop": crop, "mask": mask})
    features = parts.upper([activations, weights])
    said = parts.heads([features, colours])
    ours = readout(readable(features, colours, said)).numpy()
    *_, vector = join(parts, readout)({"image": image, "crop": crop, "mask": mask})
    assert vector.numpy() == pytest.approx(ours, abs=1e-4)


def test_training_may_show_more_of_the_ground_than_the_encoder_does():
    parts = build_parts(REAL, None, tiny_finder(), {"category": 3})
    crop = np.asarray(draw_photo("ball", 1, 64))[None]
    seen = {"crop": crop, "mask": np.zeros((1, 16, 16), np.uint8)}
    usual, *_ = parts.lower(seen)
    lower = with_ground(parts.lower)
    same, more = (
        lower({**seen, "visible": np.full((1, 1), share, np.uint8)})[0]
        for share in (round(255 * VISIBLE), 255)
    )
    scale = float(np.abs(usual.numpy()).max())
    assert same.numpy() == pytest.approx(usual.numpy(), abs=scale / 50)
    assert np.abs(more.numpy() - usual.numpy()).max() > scale / 10


@pytest.mark.parametrize("blocks", [6, 8])
def test_more_blocks_can_be_frozen(blocks):
    recipe: FashionRecipe = dataclasses.replace(REAL, frozen_blocks=blocks)
    parts = build_parts(recipe, None, tiny_finder(), {"category": 3})
    top = {layer.name for layer in parts.upper.get_layer("top").layers}
    assert f"block_{blocks + 1}_expand" in top
    assert f"block_{blocks}_expand" not in top
