"""Train the recipe `fashion`: loop, resuming after a kill, command."""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ml import export, train
from ml.backend import keras, tf
from ml.dataset import Photos, load_splits, read_splits
from ml.encoder import RUNTIMES, Encoder
from ml.errors import TrainingError
from ml.fashion import loop, step
from ml.fashion.batches import ViewSource
from ml.fashion.frozen_views import ViewMaker, make_views
from ml.fashion.loop import train_parts
from ml.fashion.network import (
    Parts,
    StartError,
    build_parts,
    join,
    open_parts,
    readable,
)
from ml.fashion.readout import build_readout, fit_readout
from ml.fashion.targets import Targets
from ml.fashion.tests.small import SIZES, SMALL, same, tiny_finder, tiny_parts
from ml.measure.labels import Notes
from ml.preprocess import read_photo
from ml.recipes import SCRATCH, FashionRecipe, Sources
from ml.tests.drawn import SHAPES, draw_photo, write_dataset

pytestmark = [
    # Keras 3.15 on NumPy 2.4 warns; nothing here can change that.
    pytest.mark.filterwarnings("ignore:__array__ implementation"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run"),
    pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict"),
]

# The real network: its deepest activations are two cells a side.
REAL = dataclasses.replace(SMALL, input_size=64, epochs=1, steps=1, batch=4)


@pytest.fixture(scope="module", autouse=True)
def eager() -> Iterator[None]:
    """Run training steps eagerly: tracing takes longer than a few small steps."""
    tf.config.run_functions_eagerly(True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "VALIDATION_BATCHES", 1)
        # Of a few photos seen by random weights, whitening keeps rounding alone.
        patch.setattr("ml.fashion.readout.NOISE", 9.0)
        patch.setattr("ml.conversion.LEAST_COSINE", 0.99)
        yield
    tf.config.run_functions_eagerly(False)


def source_of(photos: Photos, folder: Path) -> ViewSource:
    parts = tiny_parts()
    maker = ViewMaker(
        lambda pixels: [x.numpy() for x in parts.finder(pixels)],
        lambda crops, masks: [
            x.numpy() for x in parts.lower({"crop": crops, "mask": masks})
        ],
        finder_size=128,
        input_size=32,
        other_grounds=0.0,
        seed=1,
    )
    views = make_views(maker, photos.paths, SMALL.views, folder, "photos")
    rng = np.random.default_rng(3)
    count = len(photos)
    places = {
        "category": photos.labels,
        "kind": rng.integers(4, size=count),
        "colour": rng.integers(5, size=count),
    }
    targets = {
        name: Targets(
            np.eye(SIZES[name], dtype=np.float32)[places[name]],
            np.ones(count, np.float32),
        )
        for name in SIZES
    }
    senders = np.full(count, -1)
    return ViewSource(photos, views, np.arange(count), senders, targets)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[ViewSource]:
    data = write_dataset(tmp_path_factory.mktemp("fashion") / "data")
    photos = load_splits(read_splits(data), ["train", "validation"], 0)
    return [
        source_of(split, tmp_path_factory.mktemp("views")) for split in photos.values()
    ]


def fit(sources: list[ViewSource], file: Path, **changes: float) -> tuple[Parts, list]:
    recipe = dataclasses.replace(SMALL, **changes)
    parts = tiny_parts(recipe)
    return parts, train_parts(parts, *sources, recipe, file)


@pytest.fixture(scope="module")
def whole(
    sources: list[ViewSource], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Parts, list]:
    """A training that was not interrupted; its parts are not to be changed."""
    return fit(sources, tmp_path_factory.mktemp("whole") / "state.npz")


def outputs(parts: Parts, source: ViewSource) -> tuple:
    arrays = [tf.constant(a[:, 0], tf.float32) for a in source.views.arrays]
    features = parts.upper(arrays[:2])
    return features, arrays[2], parts.heads([features, arrays[2]])


def test_a_cosine_is_the_weighted_mean_of_the_parts(sources):
    parts, (train_source, _) = tiny_parts(), sources
    labels = train_source.photos.labels
    arguments = (train_source.views, train_source.rows, labels, SMALL)
    readout, described = fit_readout(parts, *arguments)
    vectors = readout(readable(*outputs(parts, train_source))).numpy()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert list(described) == ["category", "kind", "colour", "appearance"]
    start = 0
    for part in described.values():
        assert part["start"] == start
        start = part["stop"]
        lengths = np.linalg.norm(vectors[:, part["start"] : start], axis=1)
        assert lengths**2 == pytest.approx(part["weight"], abs=1e-4)
    assert start == SMALL.dimension
    weights = [part["weight"] for part in described.values()]
    assert sum(weights) == pytest.approx(1, abs=1e-5)


def test_the_category_part_compares_the_shares_of_names(sources):
    """Its cosine is the Bhattacharyya coefficient, worked out by hand."""
    parts, (train_source, _) = tiny_parts(), sources
    labels = train_source.photos.labels
    readout, described = fit_readout(
        parts, train_source.views, train_source.rows, labels, SMALL
    )
    seen = outputs(parts, train_source)
    part = described["category"]
    numbers = readout(readable(*seen)).numpy()[:, part["start"] : part["stop"]]
    logits = seen[2]["category"].numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = part["weight"] * np.sqrt(shares) @ np.sqrt(shares).T
    assert numbers @ numbers.T == pytest.approx(expected, abs=1e-4)


def test_a_network_without_labels_has_colour_and_appearance_beside_category():
    parts = tiny_parts()
    alone = dataclasses.replace(parts, heads=_heads(parts, {"category": 3}))
    _, _, described = build_readout(alone, SMALL)
    assert list(described) == ["category", "colour", "appearance"]


def _heads(parts: Parts, sizes: dict[str, int]) -> keras.Model:
    from ml.fashion.network import build_heads

    return build_heads(SMALL, parts.lower, parts.upper, sizes)


def test_the_loss_falls_and_the_lower_part_stays(whole):
    before = tiny_parts()
    after, history = whole
    assert [epoch.epoch for epoch in history] == [1, 2]
    assert history[-1].train < history[0].train
    assert all(math.isfinite(epoch.validation) for epoch in history)
    pairs = zip(before.lower.get_weights(), after.lower.get_weights(), strict=True)
    assert all((ours == theirs).all() for ours, theirs in pairs)
    assert not same(before, after)


def test_the_weights_kept_are_an_average(whole, sources, tmp_path):
    averaged, expected = fit(sources, tmp_path / "one.npz", averaging=0.5)
    last, history = fit(sources, tmp_path / "two.npz", averaging=0.0)
    assert history == expected and not same(averaged, last)


def test_the_seed_decides_the_whole_training(whole, sources, tmp_path):
    one, first = whole
    other, again = fit(sources, tmp_path / "1.npz")
    assert first == again and same(one, other)
    assert fit(sources, tmp_path / "2.npz", seed=2, epochs=1)[1][0] != first[0]


def test_a_mixed_batch_has_mixed_labels_and_unmixed_colours(sources):
    source = sources[0]
    plain = source.draw(SMALL, [0, 1])
    mixed = source.draw(SMALL, [0, 1], mixing=0.4)
    assert (plain.colours.numpy() == mixed.colours.numpy()).all()
    assert (plain.shares["colour"].numpy() == mixed.shares["colour"].numpy()).all()
    shares = mixed.shares["category"].numpy()
    assert shares.sum(axis=1) == pytest.approx(1)
    assert ((shares.max(axis=1) < 1) & (shares.max(axis=1) >= 0.5)).any()
    assert (plain.activations.numpy() != mixed.activations.numpy()).any()


@contextmanager
def killed_at(step: int) -> Iterator[None]:
    draw = ViewSource.draw

    def killed(self, recipe, stream, mixing=0.0):
        if stream == [0, step]:
            raise KeyboardInterrupt
        return draw(self, recipe, stream, mixing)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ViewSource, "draw", killed)
        with pytest.raises(KeyboardInterrupt):
            yield


@pytest.mark.parametrize("cut", [3, 7])
def test_a_killed_training_resumes_to_the_same_weights(
    whole, sources, tmp_path, monkeypatch, cut
):
    uninterrupted, expected = whole
    monkeypatch.setattr(loop, "SAVE_EVERY", 2)
    with killed_at(cut):
        fit(sources, tmp_path / "cut.npz")
    resumed, history = fit(sources, tmp_path / "cut.npz")
    assert history == expected
    assert same(resumed, uninterrupted)


def test_a_nan_loss_keeps_the_last_good_weights(sources, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "SAVE_EVERY", 2)
    draw = ViewSource.draw

    def spoilt(self, recipe, stream, mixing=0.0):
        batch = draw(self, recipe, stream, mixing)
        if stream == [0, 5]:
            batch = batch._replace(activations=batch.activations * np.float32("nan"))
        return batch

    monkeypatch.setattr(ViewSource, "draw", spoilt)
    file = tmp_path / "state.npz"
    with pytest.raises(TrainingError, match=r"nan at step 5\. The weights of step 4"):
        fit(sources, file)
    with np.load(file) as kept:
        assert all(np.isfinite(kept[name]).all() for name in kept if name[0] == "v")
    monkeypatch.setattr(ViewSource, "draw", draw)
    _, history = fit(sources, file, learning_rate=0.001)  # resumes after step 4
    assert len(history) == SMALL.epochs


def test_training_needs_no_validation_photos(sources, tmp_path):
    train_source, held_out = sources
    nobody = dataclasses.replace(
        held_out, photos=held_out.photos.without(SHAPES), rows=np.empty(0, int)
    )
    tf.config.run_functions_eagerly(False)  # traced once, as outside the tests
    _, history = fit([train_source, nobody], tmp_path / "state.npz", epochs=1)
    tf.config.run_functions_eagerly(True)
    assert math.isnan(history[0].validation)


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


@pytest.mark.parametrize("blocks", [6, 8])
def test_more_blocks_can_be_frozen(blocks):
    recipe: FashionRecipe = dataclasses.replace(REAL, frozen_blocks=blocks)
    parts = build_parts(recipe, None, tiny_finder(), {"category": 3})
    top = {layer.name for layer in parts.upper.get_layer("top").layers}
    assert f"block_{blocks + 1}_expand" in top
    assert f"block_{blocks}_expand" not in top
