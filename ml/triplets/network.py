"""The report's network: MobileNetV2, global average pooling, dense, unit length."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

from ml.backend import keras
from ml.errors import UserError
from ml.recipes import Recipe


class WeightsError(UserError):
    """The starting weights are missing or do not fit the network."""


def build_encoder(recipe: Recipe, weights: str | Path | None) -> keras.Model:
    """(N, size, size, 3) uint8 RGB 0..255 -> (N, dimension) float32, unit length.

    Scaling and the L2 norm are layers of the graph, so that no caller can forget
    them. `weights`: "imagenet" (downloaded by Keras), a file, or None for random.
    """
    shape = (recipe.input_size, recipe.input_size, 3)
    backbone = keras.applications.MobileNetV2(
        input_shape=shape, alpha=recipe.alpha, include_top=False, weights=None
    )
    load_backbone(backbone, weights, recipe)
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


def load_backbone(
    backbone: keras.Model, weights: str | Path | None, recipe: Recipe
) -> None:
    """Fill the backbone in place. Raises WeightsError."""
    if weights is None:
        return
    if weights == "imagenet":
        backbone.set_weights(_imagenet_weights(recipe))
        return
    path = Path(weights)
    if not path.is_file():
        raise WeightsError(f"There is no file {path} with weights.")
    try:
        with warnings.catch_warnings():  # a hundred lines where one error says all
            warnings.simplefilter("ignore")
            backbone.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise WeightsError(_why(path, str(error))) from error


def _imagenet_weights(recipe: Recipe) -> list:
    try:
        return keras.applications.MobileNetV2(
            input_shape=(recipe.input_size, recipe.input_size, 3),
            alpha=recipe.alpha,
            include_top=False,
            weights="imagenet",
        ).get_weights()
    except Exception as error:  # Keras raises a bare Exception for network faults
        raise WeightsError(
            "The ImageNet weights could not be downloaded. Pass a file of "
            f"MobileNetV2 weights: --weights PATH. ({error})"
        ) from error


def _why(path: Path, message: str) -> str:
    """One line out of the pages Keras writes when weights do not fit."""
    layer = re.search(r"object <(\w+) name=([^,>]+)", message)
    shapes = re.search(
        r"variable\.shape=(\(.*?\)), Received: value\.shape=(\(.*?\))", message
    )
    if layer and shapes:
        return (
            f"{path} does not fit this network: layer {layer[2]!r} wants "
            f"{shapes[1]}, the file has {shapes[2]}. The file must be of "
            "MobileNetV2 without top, of the same --alpha."
        )
    if layer:
        return f"{path} does not fit this network: layer {layer[2]!r} is not in it."
    return f"{path} cannot be read as Keras weights: {message.splitlines()[0][:200]}"
