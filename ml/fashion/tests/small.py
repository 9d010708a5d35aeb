"""A network of the recipe `fashion` that is small enough to train in a test."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ml.backend import keras
from ml.fashion.colours import histogram, set_constants
from ml.fashion.frozen_views import ViewMaker
from ml.fashion.network import Parts, build_heads
from ml.recipes import FashionRecipe

SMALL = FashionRecipe(
    "small",
    input_size=32,
    dimension=48,
    alpha=0.35,
    epochs=2,
    tuning_epochs=1,
    steps=4,
    batch=9,
    views=3,
    learning_rate=0.01,
)
# The real network: its deepest activations are two cells a side.
REAL = dataclasses.replace(SMALL, input_size=64, epochs=1, tunings=1, steps=1, batch=4)
SIZES = {"category": 3, "kind": 4, "colour": 5}

WARNINGS = [
    # Keras 3.15 on NumPy 2.4 warns; nothing here can change that.
    pytest.mark.filterwarnings("ignore:__array__ implementation"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run"),
    pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict"),
]


def tiny_parts(recipe: FashionRecipe = SMALL, seed: int = 1) -> Parts:
    """One convolution below, one above: not MobileNetV2."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    crop = keras.Input((32, 32, 3), dtype="uint8", name="crop")
    mask = keras.Input((8, 8), dtype="uint8", name="mask")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(crop)
    garment = layers.Reshape((8, 8, 1))(layers.Rescaling(1 / 255)(mask))
    seen = layers.Conv2D(6, 5, strides=4, padding="same", activation="relu")(x)
    outputs = [seen, garment + 0.02, histogram(x, garment)]
    lower = keras.Model({"crop": crop, "mask": mask}, outputs, name="lower")
    set_constants(lower)
    lower.trainable = False
    activations, weights = keras.Input((8, 8, 6)), keras.Input((8, 8, 1))
    y = layers.Conv2D(12, 3, strides=2, activation="relu")(activations)
    y = layers.BatchNormalization()(y, training=False)
    features = layers.Concatenate()(
        [layers.GlobalMaxPooling2D()(y), layers.GlobalAveragePooling2D()(y)]
    )
    upper = keras.Model([activations, weights], features, name="upper")
    heads = build_heads(recipe, lower, upper, SIZES)
    return Parts(tiny_finder(), lower, upper, heads)


def tiny_maker(parts: Parts) -> ViewMaker:
    return ViewMaker(
        lambda pixels: [x.numpy() for x in parts.finder(pixels)],
        lambda crops, masks, visible: [
            x.numpy() for x in parts.lower({"crop": crops, "mask": masks})
        ],
        finder_size=128,
        input_size=32,
        other_grounds=0.0,
        seed=1,
    )


def tiny_finder() -> keras.Model:
    """Takes all of the photo for a garment that stands upright."""
    image = keras.Input((128, 128, 3), dtype="uint8", name="image")
    grey = keras.layers.AveragePooling2D(4)(keras.layers.Rescaling(1 / 255)(image))
    ops = keras.ops
    mask = ops.sigmoid(9 + ops.mean(grey, axis=3))
    presence = 4 + ops.mean(grey, axis=(1, 2, 3))
    turns = keras.layers.Dense(4, name="turns")(ops.mean(grey, axis=(1, 2)))
    model = keras.Model(image, [mask, presence, turns], name="finder")
    up = [np.zeros((3, 4)), np.array([9.0, 0, 0, 0])]
    model.get_layer("turns").set_weights(up)
    return model


def weights(parts: Parts) -> list[np.ndarray]:
    models = (parts.lower, parts.upper, parts.heads)
    return [weight for model in models for weight in model.get_weights()]


def same(one: Parts, other: Parts) -> bool:
    pairs = zip(weights(one), weights(other), strict=True)
    return all(np.array_equal(ours, theirs) for ours, theirs in pairs)
