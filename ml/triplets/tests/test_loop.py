"""Everything of a training that needs TensorFlow: loss, network, loop, command."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest

from ml import train
from ml.backbone import WeightsError, load_backbone
from ml.backend import keras, tf
from ml.command import DATA_VARIABLE
from ml.dataset import load_splits, read_splits
from ml.encoder import Encoder
from ml.errors import TrainingError
from ml.preprocess import read_photo
from ml.recipes import Recipe, TripletRecipe
from ml.schedule import learning_rate
from ml.tests.drawn import write_dataset
from ml.triplets.loop import train_encoder
from ml.triplets.loss import triplet_loss
from ml.triplets.network import build_encoder, build_triplet_network

# Keras 3.15 on NumPy 2.4: nothing here can mend it.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

SMALL = TripletRecipe(
    "small", input_size=32, dimension=8, alpha=0.35, epochs=2, steps=15, batch=8
)


def unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / lengths).astype(np.float32)


def naive_loss(a: np.ndarray, p: np.ndarray, n: np.ndarray, margin: float) -> float:
    losses = []
    for i in range(len(a)):
        near = sum((float(x) - float(y)) ** 2 for x, y in zip(a[i], p[i], strict=True))
        far = sum((float(x) - float(y)) ** 2 for x, y in zip(a[i], n[i], strict=True))
        losses.append(max(0.0, near - far + margin))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("margin", [0.2, 1.0])
def test_the_loss_equals_a_loop(margin):
    rng = np.random.default_rng(0)
    a, p, n = (unit(rng.normal(size=(16, 5))) for _ in range(3))
    loss = float(triplet_loss(a, p, n, margin))
    assert loss == pytest.approx(naive_loss(a, p, n, margin), rel=1e-5)


def test_the_loss_worked_by_hand():
    """At right angles: |a - p|^2 = 2; opposite: |a - n|^2 = 4; 2 - 4 + 3 = 1."""
    a, p, n = ([[1.0, 0.0]], [[0.0, 1.0]], [[-1.0, 0.0]])
    assert float(triplet_loss(*map(tf.constant, (a, p, n)), 3.0)) == 1.0


def test_a_collapsed_network_pays_the_margin():
    same = tf.constant([[0.6, 0.8]] * 4)
    assert float(triplet_loss(same, same, same, 0.2)) == pytest.approx(0.2)


def test_triplets_in_order_by_the_margin_cost_nothing():
    a = tf.constant([[1.0, 0.0]])
    assert float(triplet_loss(a, a, -a, 0.2)) == 0.0


def test_a_loss_that_is_not_a_number_stays_visible():
    a = tf.constant([[1.0, 0.0]])
    assert math.isnan(float(triplet_loss(a, a * math.nan, a, 0.2)))


@pytest.fixture(scope="module")
def mobilenet() -> keras.Model:
    keras.utils.set_random_seed(1)
    return build_encoder(SMALL, None)


def test_vectors_are_of_unit_length(mobilenet):
    pixels = np.random.default_rng(0).integers(256, size=(5, 32, 32, 3), dtype=np.uint8)
    vectors = np.asarray(mobilenet(pixels))
    assert (vectors.shape, vectors.dtype) == ((5, 8), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_three_towers_are_one_encoder(mobilenet):
    network = build_triplet_network(mobilenet)
    assert len(network.weights) == len(mobilenet.weights)
    photo = np.full((1, 32, 32, 3), 90, dtype=np.uint8)
    a, p, n = network([photo, photo, photo])
    assert np.allclose(a, p) and np.allclose(a, n)


@pytest.fixture(scope="module")
def backbone() -> keras.Model:
    return keras.applications.MobileNetV2(
        input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None
    )


@pytest.fixture(scope="module")
def weights_file(
    backbone: keras.Model, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    file = tmp_path_factory.mktemp("weights") / "narrow.weights.h5"
    backbone.save_weights(file)
    return file


def test_weights_come_from_a_file(backbone, weights_file):
    encoder = build_encoder(SMALL, weights_file)
    loaded = [w for layer in encoder.layers for w in layer.get_weights()]
    pairs = zip(backbone.get_weights(), loaded, strict=False)
    assert all((ours == theirs).all() for ours, theirs in pairs)


def test_weights_of_another_width_name_the_layer(weights_file):
    wide = dataclasses.replace(SMALL, alpha=1.0)
    with pytest.raises(WeightsError, match=r"layer '\w+' needs \(\d.*file has") as e:
        build_encoder(wide, weights_file)
    assert len(str(e.value).splitlines()) == 1


def test_files_that_hold_no_weights_are_named(backbone, tmp_path):
    file = tmp_path / "text.weights.h5"
    file.write_text("no weights")
    with pytest.raises(WeightsError, match=r"text\.weights\.h5 cannot be read"):
        load_backbone(backbone, file, SMALL)
    with pytest.raises(WeightsError, match="There is no file"):
        load_backbone(backbone, tmp_path / "none.weights.h5", SMALL)


@pytest.fixture
def photos(tmp_path: Path) -> dict:
    splits = read_splits(write_dataset(tmp_path / "data"))
    return load_splits(splits, ["train", "validation"], SMALL.input_size)


def tiny_encoder(seed: int = 1) -> keras.Model:
    """A network of one convolution: the loop is tested here, not MobileNetV2."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    image = keras.Input((32, 32, 3), dtype="uint8")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    x = layers.Conv2D(8, 5, strides=2, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalMaxPooling2D()(x)
    x = layers.UnitNormalization()(layers.Dense(8)(x))
    return keras.Model(image, x)


def fit(photos: dict, **changes: float) -> tuple[keras.Model, list]:
    encoder = tiny_encoder()
    recipe = dataclasses.replace(SMALL, **{"learning_rate": 0.02, **changes})
    history = train_encoder(encoder, photos["train"], photos["validation"], recipe)
    return encoder, history


def test_the_loss_falls(photos):
    _, history = fit(photos, epochs=4)
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4]
    assert history[-1].train < 0.7 * history[0].train
    assert all(math.isfinite(epoch.validation) for epoch in history)


def test_the_seed_decides_the_whole_training(photos):
    (one, first), (other, again) = fit(photos), fit(photos)
    assert first == again
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    assert all((ours == theirs).all() for ours, theirs in pairs)
    assert fit(photos, seed=2)[1] != first


def test_batch_norms_stay_in_inference_mode(photos):
    before = tiny_encoder()
    after, _ = fit(photos, epochs=1, steps=3)
    for layer, trained in zip(before.layers, after.layers, strict=True):
        if isinstance(layer, keras.layers.BatchNormalization):
            for name in ("moving_mean", "moving_variance"):
                ours, theirs = (getattr(x, name).numpy() for x in (layer, trained))
                assert (ours == theirs).all()
            assert (layer.beta.numpy() != trained.beta.numpy()).any()


def test_a_loss_that_is_not_a_number_stops_at_its_step(photos):
    with pytest.raises(TrainingError, match=r"nan at step \d+ of epoch 1 .*--learning"):
        fit(photos, learning_rate=1e30)


def test_training_goes_without_validation_photos(photos):
    nobody = dataclasses.replace(
        photos["validation"],
        pixels=photos["validation"].pixels[:0],
        labels=photos["validation"].labels[:0],
        paths=(),
    )
    _, history = fit({**photos, "validation": nobody}, epochs=1, steps=2)
    assert math.isnan(history[0].validation)


def test_the_rate_climbs_then_falls_to_nothing():
    rate = learning_rate(Recipe("r", epochs=5, steps=100, learning_rate=1e-3))
    rates = [float(rate(step)) for step in (0, 25, 50, 275, 500)]
    assert rates == pytest.approx([2e-5, 5.1e-4, 1e-3, 5e-4, 0], abs=1e-6)
    one = learning_rate(Recipe("r", epochs=1, steps=1))
    assert math.isfinite(float(one(0)))


@pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run")
def test_the_command_leaves_an_encoder_to_serve_from(tmp_path, capsys):
    """All of ml.train with the real network, three small steps."""
    data, out = write_dataset(tmp_path / "data"), tmp_path / "out"
    words = ["--data", str(data), "--out", str(out), "--weights", "none"]
    words += ["--recipe", "report", "--alpha", "0.35", "--input-size", "64"]
    words += ["--epochs", "1", "--steps", "3", "--batch", "2"]
    tf.config.run_functions_eagerly(True)  # tracing takes longer than three steps
    try:
        assert train.main([*words, "--measure-test"]) == 0, capsys.readouterr().err
    finally:
        tf.config.run_functions_eagerly(False)
    assert {path.name for path in out.iterdir()} == {
        "encoder.keras",
        "encoder.onnx",
        "encoder.json",
        "history.csv",
        "loss.png",
    }
    encoder = Encoder.load(out)
    info = encoder.info
    assert info["seed"] == Recipe("report").seed
    assert info["recipe"]["steps"] == 3
    assert info["parity"]["least_cosine"] >= 0.9999
    assert set(info["metrics"]) == {"train", "validation", "test"}
    assert str(tmp_path) not in json.dumps(info)
    assert re.fullmatch(r"report-[0-9a-f]{8}", encoder.version)
    vectors = encoder.encode([read_photo(next(data.rglob("*.png")))])
    assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-5)


def test_weights_that_do_not_fit_are_one_sentence(tmp_path, weights_file, capsys):
    data = write_dataset(tmp_path / "data")
    words = ["--data", str(data), "--out", str(tmp_path / "out")]
    assert train.main([*words, "--weights", str(weights_file)]) == 1
    *_, told = capsys.readouterr().err.splitlines()
    assert told.startswith("ml.train: ") and "does not fit" in told


@pytest.mark.slow
def test_the_reports_recipe_reaches_the_reports_figure(tmp_path):
    """Ten minutes: needs FASHIONLENS_DATA and FASHIONLENS_WEIGHTS."""
    data, weights = os.environ.get(DATA_VARIABLE), os.environ.get("FASHIONLENS_WEIGHTS")
    if not data or not weights:
        pytest.skip(f"set {DATA_VARIABLE} and FASHIONLENS_WEIGHTS")
    words = ["--data", data, "--weights", weights, "--out", str(tmp_path)]
    words += ["--recipe", "report"]
    assert train.main([*words, "--measure-test"]) == 0
    metrics = Encoder.load(tmp_path).info["metrics"]
    assert metrics["train"]["triplets_in_order"] >= 0.975
    assert metrics["test"]["recall@1"] >= 0.85
