"""The report's network: MobileNetV2, global average pooling, dense, unit length."""

from __future__ import annotations

from pathlib import Path

from ml.backbone import build_backbone
from ml.backend import keras
from ml.recipes import Recipe


def build_encoder(recipe: Recipe, weights: str | Path | None) -> keras.Model:
    """(N, size, size, 3) uint8 RGB 0..255 -> (N, dimension) float32, unit length.

    Scaling and the L2 norm are layers of the graph, so that no caller can forget
    them. `weights`: "imagenet" (downloaded by Keras), a file, or None for random.
    """
    shape = (recipe.input_size, recipe.input_size, 3)
    backbone = build_backbone(recipe, weights)
    image = keras.Input(shape, dtype="uint8", name="image")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(image)  # -1..1
    # Batch norms in inference mode, always: with folded weights their
    # statistics mean nothing, and one step in training mode destroys the network.
    x = backbone(x, training=False)  # (N, size / 32, size / 32, 1280)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)  # (N, 1280)
    x = keras.layers.Dense(recipe.dimension, name="embedding")(x)
    x = keras.layers.UnitNormalization(name="unit_length")(x)
    return keras.Model(image, x, name="encoder")


def build_triplet_network(encoder: keras.Model) -> keras.Model:
    """Anchor, positive, negative through the one encoder -> three vectors."""
    inputs = [
        keras.Input(encoder.input_shape[1:], dtype="uint8", name=name)
        for name in ("anchor", "positive", "negative")
    ]
    return keras.Model(inputs, [encoder(image) for image in inputs], name="triplets")
