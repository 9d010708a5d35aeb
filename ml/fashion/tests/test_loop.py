"""Train the recipe `fashion`: network, loop, resuming after a kill, command."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ml import train
from ml.backend import keras, tf
from ml.command import DATA_VARIABLE
from ml.dataset import load_splits, read_splits
from ml.encoder import Encoder
from ml.errors import TrainingError
from ml.fashion import loop, step
from ml.fashion.batches import ViewSource, make_source
from ml.fashion.frozen_views import Views, make_views
from ml.fashion.loop import train_soup, train_two_heads
from ml.fashion.losses import contrast, relation_loss
from ml.fashion.network import (
    Parts,
    StartError,
    build_heads,
    build_readout,
    build_two_heads,
    frozen_model,
    join,
    open_two_heads,
)
from ml.fashion.readout import fit_readout
from ml.preprocess import read_photo
from ml.recipes import RECIPES, SCRATCH, FashionRecipe
from ml.tests.drawn import SHAPES, draw_photo, write_dataset

pytestmark = [
    # Keras 3.15 on NumPy 2.4 warns; nothing here can change that.
    pytest.mark.filterwarnings("ignore:__array__ implementation"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run"),
]

SMALL = FashionRecipe(
    "small",
    input_size=32,
    dimension=8,
    category_dimension=4,
    alpha=0.35,
    epochs=2,
    steps=4,
    batch=9,
    hidden=16,
    views=3,
    learning_rate=0.01,
)
# The real network: at 32 pixels its layout would be one pixel.
REAL = dataclasses.replace(SMALL, input_size=64, epochs=1, steps=1)


@pytest.fixture(scope="module", autouse=True)
def eager() -> Iterator[None]:
    """Run training steps eagerly: tracing takes longer than a few small steps."""
    tf.config.run_functions_eagerly(True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "VALIDATION_BATCHES", 1)
        yield
    tf.config.run_functions_eagerly(False)


def tiny_parts(recipe: FashionRecipe = SMALL, seed: int = 1) -> Parts:
    """One convolution below, one above: the loop is tested here, not MobileNetV2."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    photo = keras.Input((32, 32, 3))
    x = layers.Conv2D(6, 5, strides=4, activation="relu")(photo)
    lower = keras.Model(photo, [x, layers.GlobalMaxPooling2D()(x)], name="lower")
    lower.trainable = False
    activations = keras.Input(x.shape[1:])
    seen = []
    for _ in range(recipe.tops):
        y = layers.Conv2D(5, 3, strides=2, activation="relu")(activations)
        y = layers.BatchNormalization()(y)
        seen += [layers.GlobalMaxPooling2D()(y), layers.GlobalAveragePooling2D()(y), y]
    upper = keras.Model(activations, seen, name="upper")
    heads = build_heads(recipe, [lower.output_shape[1], *upper.output_shape])
    return Parts(lower, upper, heads)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict:
    data = write_dataset(tmp_path_factory.mktemp("fashion") / "data")
    return load_splits(read_splits(data), ["train", "validation"], SMALL.input_size)


@pytest.fixture(scope="module")
def sources(photos: dict, tmp_path_factory: pytest.TempPathFactory) -> list[ViewSource]:
    model = frozen_model(tiny_parts())
    found = []
    for name, split in photos.items():
        views = make_views(
            lambda pixels: [x.numpy() for x in model(pixels)],
            split.paths,
            SMALL.input_size,
            SMALL.views,
            SMALL.other_grounds,
            1,
            tmp_path_factory.mktemp("views"),
            name,
        )
        found.append(make_source(split, views, np.arange(len(split))))
    return found


def fit(sources: list[ViewSource], file: Path, **changes: float) -> tuple[Parts, list]:
    recipe = dataclasses.replace(SMALL, **changes)
    parts = tiny_parts(recipe)
    return parts, train_two_heads(parts, *sources, recipe, file)


@pytest.fixture(scope="module")
def whole(
    sources: list[ViewSource], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Parts, list]:
    """A training that was not interrupted; its parts are not to be changed."""
    return fit(sources, tmp_path_factory.mktemp("whole") / "state.npz")


def weights(parts: Parts) -> list[np.ndarray]:
    models = (parts.lower, parts.upper, parts.heads)
    return [weight for model in models for weight in model.get_weights()]


def same(one: Parts, other: Parts) -> bool:
    pairs = zip(weights(one), weights(other), strict=True)
    return all(np.array_equal(ours, theirs) for ours, theirs in pairs)


def test_a_cosine_is_the_weighted_mean_of_category_and_appearance():
    """Worked out by hand from what the layers of the readout give, for three photos."""
    parts, rng = tiny_parts(), np.random.default_rng(1)
    readout, described = build_readout(SMALL, 3, parts.upper.output_shape)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0][:3]
    readout.get_layer("category_axes").set_weights([turn])
    pixels = np.stack([np.asarray(draw_photo(shape, 1, 32)) for shape in SHAPES])
    vectors = join(parts, readout).predict(pixels, verbose=0)
    activations, _ = parts.lower(pixels / np.float32(127.5) - 1)
    depths, layouts = (x.numpy() for x in described(parts.upper(activations)))
    kernel, bias = readout.get_layer("categories").get_weights()
    shares = np.exp((depths @ kernel + bias) / SMALL.category_heat)
    shares /= shares.sum(axis=1, keepdims=True)
    kernel, bias = readout.get_layer("appearance_axes").get_weights()
    a = layouts @ kernel + bias
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    expected = 0.5 * (np.sqrt(shares) @ np.sqrt(shares).T + a @ a.T)
    assert vectors @ vectors.T == pytest.approx(expected, abs=1e-5)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


def test_categories_are_read_off_photos_trained_on(sources):
    parts = tiny_parts()
    photos, views, rows = sources[0].photos, sources[0].views, sources[0].rows
    readout = fit_readout(parts, views, rows, photos.labels, SMALL)
    vectors = join(parts, readout).predict(photos.pixels, verbose=0)
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -1)
    closest = photos.labels[alike.argmax(axis=1)]
    assert (closest == photos.labels).mean() > 0.6  # by chance: a third


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
    averaged, expected = whole
    last, history = fit(sources, tmp_path / "state.npz", averaging=0.0)
    assert history == expected and not same(averaged, last)


def test_batch_norms_keep_their_statistics(whole):
    after, _ = whole
    norms = [
        layer
        for layer in after.upper.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(norms) == SMALL.tops
    for norm in norms:
        assert (norm.moving_mean.numpy() == 0).all()
        assert (norm.moving_variance.numpy() == 1).all()
        assert (norm.beta.numpy() != 0).any()


def test_the_tops_have_independent_losses(sources):
    """What one of them gives has no part in the loss of the other."""
    parts, batch = tiny_parts(), sources[0].draw(SMALL, [0, 1])
    loss = float(step.batch_loss(parts, batch, SMALL, training=False))
    seen = parts.upper(tf.cast(batch.activations, tf.float32))
    found = parts.heads([tf.cast(batch.textures, tf.float32), *seen])
    alone = []
    for columns in (slice(0, 2), slice(2, 4)):
        c, a = (tf.math.l2_normalize(x[:, columns], axis=1) for x in found)
        each = contrast(c, batch.labels, SMALL.temperature)
        each += contrast(a, batch.instances, SMALL.temperature)
        teacher = tf.cast(batch.teacher, tf.float32)
        alone.append(
            each + relation_loss(a, teacher, batch.instances, SMALL.temperature)
        )
    assert loss == pytest.approx(float(sum(alone)) / 2, rel=1e-4)


def test_the_seed_decides_the_whole_training(whole, sources, tmp_path):
    one, first = whole
    other, again = fit(sources, tmp_path / "1.npz")
    assert first == again and same(one, other)
    assert fit(sources, tmp_path / "2.npz", seed=2, epochs=1)[1][0] != first[0]


@contextmanager
def killed_at(step: int, seed: int = 1) -> Iterator[None]:
    draw = ViewSource.draw

    def killed(self, recipe, stream):
        if (recipe.seed, stream) == (seed, [0, step]):
            raise KeyboardInterrupt
        return draw(self, recipe, stream)

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


def soup(sources: list[ViewSource], folder: Path) -> tuple[Parts, list]:
    recipe = dataclasses.replace(SMALL, soup=2)

    def begin(one: FashionRecipe) -> Parts:
        return tiny_parts(one, one.seed)

    parts = begin(recipe)
    return parts, train_soup(parts, begin, *sources, recipe, folder)


@pytest.fixture(scope="module")
def whole_soup(
    sources: list[ViewSource], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Parts, list]:
    return soup(sources, tmp_path_factory.mktemp("soup"))


def test_a_soup_is_the_mean_of_trainings_of_different_seeds(
    whole, whole_soup, sources, tmp_path
):
    averaged, history = whole_soup
    first, first_history = whole
    recipe = dataclasses.replace(SMALL, seed=2)
    second = tiny_parts(recipe, 2)
    second_history = train_two_heads(second, *sources, recipe, tmp_path / "2.npz")
    assert not same(first, second)
    models = [parts.upper.get_weights() for parts in (averaged, first, second)]
    for ours, one, other in zip(*models, strict=True):
        assert ours == pytest.approx((one + other) / 2, abs=1e-7)
    for ours, one, other in zip(history, first_history, second_history, strict=True):
        assert ours.epoch == one.epoch
        assert ours.train == pytest.approx((one.train + other.train) / 2)


def test_a_soup_killed_in_its_second_training_resumes_there(
    whole_soup, sources, tmp_path, monkeypatch
):
    uninterrupted, expected = whole_soup
    with killed_at(SMALL.steps + 2, seed=2):
        soup(sources, tmp_path / "cut")
    draw = ViewSource.draw
    steps = []

    def counted(self, recipe, stream):
        steps.append((recipe.seed, *stream))
        return draw(self, recipe, stream)

    monkeypatch.setattr(ViewSource, "draw", counted)
    resumed, history = soup(sources, tmp_path / "cut")
    assert history == expected and same(resumed, uninterrupted)
    # The first epoch of the second training was saved, and all of the first training.
    assert [n for s, kind, n in steps if kind == 0] == list(range(5, 9))
    assert {s for s, *_ in steps} == {2}


def test_a_nan_loss_keeps_the_last_good_weights(sources, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "SAVE_EVERY", 2)
    draw = ViewSource.draw

    def spoilt(self, recipe, stream):
        batch = draw(self, recipe, stream)
        if stream == [0, 5]:
            batch = batch._replace(textures=batch.textures * np.float16("nan"))
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


def test_a_nan_gradient_is_not_applied_to_the_weights_kept(
    sources, tmp_path, monkeypatch
):
    """The loss before such a step is a number, the weights after it are none."""
    monkeypatch.setattr(loop, "SAVE_EVERY", 1)
    loss = step.batch_loss

    def steep(parts, batch, recipe, training):
        kernel = parts.heads.trainable_variables[0]
        nothing = tf.sqrt(0.0 * tf.reduce_sum(kernel**2))  # 0, of slope 0 / 0
        return loss(parts, batch, recipe, training) + nothing

    monkeypatch.setattr(step, "batch_loss", steep)
    with pytest.raises(TrainingError, match=r"nan at step 1\. There are no weights"):
        fit(sources, tmp_path / "state.npz")


def test_training_needs_no_validation_photos(sources, tmp_path):
    train_source, held_out = sources
    nobody = dataclasses.replace(
        held_out, photos=held_out.photos.without(SHAPES), rows=np.empty(0, int)
    )
    tf.config.run_functions_eagerly(False)  # traced once, as outside the tests
    _, history = fit([train_source, nobody], tmp_path / "state.npz", epochs=1)
    tf.config.run_functions_eagerly(True)
    assert math.isnan(history[0].validation)


def test_a_photo_alone_in_its_category_can_be_trained_on(sources, tmp_path):
    """Its two views are a pair; the losses stay numbers."""
    source, held_out = sources
    rows = np.array([0, 6, 7])
    few = dataclasses.replace(
        source.photos,
        pixels=source.photos.pixels[rows],
        labels=source.photos.labels[rows],
        paths=tuple(source.photos.paths[i] for i in rows),
        instances=source.photos.instances[rows],
    )
    views = Views(source.views.activations, source.views.textures, source.views.layout)
    _, history = fit(
        [make_source(few, views, rows), held_out], tmp_path / "s.npz", epochs=1
    )
    assert math.isfinite(history[0].train)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of ml.train with the real network, made small; its folder."""
    folder = tmp_path_factory.mktemp("trained")
    data = write_dataset(folder / "data")
    train.train_folder(REAL, data, folder / "out", views=folder / "views")
    return folder


def test_the_command_leaves_an_encoder_to_serve_from(trained):
    out = trained / "out"
    assert {path.name for path in out.iterdir()} == {
        "encoder.keras",
        "encoder.onnx",
        "encoder.json",
        "history.csv",
        "loss.png",
    }
    encoder = Encoder.load(out)
    assert encoder.version.startswith("small-")
    assert (encoder.input_size, encoder.dimension) == (64, 8)
    vectors = encoder.encode([read_photo(next((trained / "data").rglob("*.png")))])
    assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-5)


def test_training_continues_from_an_encoder(trained, tmp_path):
    recipe = dataclasses.replace(REAL, learning_rate=1e-9)
    splits = read_splits(trained / "data")
    photos = load_splits(splits, ["train", "validation"], recipe.input_size)
    encoder, _ = loop.fit(recipe, photos, (), None, trained / "out", tmp_path, None)
    before = open_two_heads(trained / "out" / "encoder.keras", REAL).upper.get_weights()
    after = encoder.get_layer("upper").get_weights()
    for ours, theirs in zip(before, after, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)


def test_left_out_categories_are_not_trained_on_and_views_are_reused(
    trained, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "ml.fashion.frozen_views.augmented_view", lambda *_: pytest.fail("made again")
    )
    # Other tests export; here it would only take time.
    monkeypatch.setattr(
        "ml.conversion.export_encoder", lambda network, out, pixels, info: info
    )
    info = train.train_folder(
        REAL,
        trained / "data",
        tmp_path,
        leave_out=["bar"],
        views=trained / "views",
    )
    assert set(info["data"]["train_categories"]) == {"ball", "block"}
    assert not (tmp_path / SCRATCH).exists()


def test_training_does_not_continue_from_another_recipe(tmp_path):
    image = keras.Input((32, 32, 3))
    file = tmp_path / "encoder.keras"
    keras.Model(image, keras.layers.GlobalAveragePooling2D()(image)).save(file)
    with pytest.raises(StartError, match="not made by --recipe fashion"):
        open_two_heads(file, SMALL)


def test_training_continues_from_an_encoder_with_another_readout(tmp_path):
    """As those of shops were, whose vectors were what the heads gave."""
    parts = build_two_heads(REAL, None)
    inputs = [keras.Input(shape[1:]) for shape in parts.upper.output_shape]
    vector = keras.layers.Dense(REAL.dimension)(inputs[0])
    encoder = join(parts, keras.Model(inputs, vector, name="heads"))
    encoder.save(tmp_path / "encoder.keras")
    found = open_two_heads(tmp_path / "encoder.keras", REAL).upper.get_weights()
    for ours, theirs in zip(found, parts.upper.get_weights(), strict=True):
        assert (ours == theirs).all()


def test_an_encoder_of_another_size_is_named(trained):
    wide = dataclasses.replace(SMALL, input_size=96)
    with pytest.raises(StartError, match=r"takes .*64.*needs .*96"):
        open_two_heads(trained / "out" / "encoder.keras", wide)


def test_more_blocks_can_be_trained():
    few, more = (
        build_two_heads(dataclasses.replace(REAL, frozen_blocks=count), None)
        for count in (12, 10)
    )
    names = [{layer.name for layer in parts.upper.layers} for parts in (few, more)]
    assert {"block_12_project_1", "block_12_project_2"} <= names[1] - names[0]
    assert "block_11_expand_1" in names[1] and "block_10_project_1" not in names[1]
    assert len(more.lower.weights) < len(few.lower.weights)


def test_tops_begin_alike_and_become_two(trained):
    before = build_two_heads(REAL, None)
    after = open_two_heads(trained / "out" / "encoder.keras", REAL)
    for parts, alike in ((before, True), (after, False)):
        first, second = (
            parts.upper.get_layer(f"block_14_expand_{number}").get_weights()[0]
            for number in (1, 2)
        )
        assert (first == second).all() == alike


def test_an_encoder_of_other_tops_is_named(trained):
    one = dataclasses.replace(REAL, tops=1)
    with pytest.raises(StartError, match=r"has 2 top\(s\); the recipe needs 1"):
        open_two_heads(trained / "out" / "encoder.keras", one)


def test_the_appearance_can_go_without_a_layout():
    parts = tiny_parts(dataclasses.replace(SMALL, layout_channels=0))
    kinds = {type(layer) for layer in parts.heads.layers}
    assert keras.layers.Conv2D not in kinds


def test_the_frozen_part_is_a_part_of_the_encoder():
    parts = build_two_heads(REAL, None)
    pixels = np.asarray(draw_photo("ball", 1, 64))[None]
    activations, textures, _ = frozen_model(parts)(pixels)
    readout, _ = build_readout(REAL, 3, parts.upper.output_shape)
    ours = readout(parts.upper(activations)).numpy()
    assert textures.shape == (1, parts.lower.output_shape[1][1])
    assert join(parts, readout)(pixels).numpy() == pytest.approx(ours, abs=1e-4)


@pytest.mark.slow
def test_the_recipe_reaches_its_figures(tmp_path):
    """Ten minutes: needs FASHIONLENS_DATA and FASHIONLENS_WEIGHTS."""
    data, weights = os.environ.get(DATA_VARIABLE), os.environ.get("FASHIONLENS_WEIGHTS")
    if not data or not weights:
        pytest.skip(f"set {DATA_VARIABLE} and FASHIONLENS_WEIGHTS")
    card = train.train_folder(RECIPES["fashion"], Path(data), tmp_path, weights=weights)
    assert card["metrics"]["train"]["triplets_in_order"] >= 0.99
    assert card["metrics"]["validation"]["triplets_in_order"] >= 0.95
    assert card["metrics"]["validation"]["recall@1"] >= 0.89
    assert card["metrics"]["validation"]["mAP"] >= 0.89
