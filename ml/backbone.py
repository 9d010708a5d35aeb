"""Build MobileNetV2 without its top and load its starting weights."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

from ml.backend import keras
from ml.errors import UserError
from ml.recipes import Recipe


class WeightsError(UserError):
    """The starting weights are missing or do not fit the network."""


def build_backbone(recipe: Recipe, weights: str | Path | None) -> keras.Model:
    """Return MobileNetV2 for pixels (N, size, size, 3) in -1..1.

    `weights`: "imagenet" (downloaded by Keras), a file, or None for random weights.
    Raises WeightsError.
    """
    backbone = keras.applications.MobileNetV2(
        input_shape=(recipe.input_size, recipe.input_size, 3),
        alpha=recipe.alpha,
        include_top=False,
        weights=None,
    )
    load_backbone(backbone, weights, recipe)
    return backbone


def load_backbone(
    backbone: keras.Model, weights: str | Path | None, recipe: Recipe
) -> None:
    if weights is None:
        return
    if weights == "imagenet":
        backbone.set_weights(_imagenet_weights(recipe))
        return
    path = Path(weights)
    if not path.is_file():
        raise WeightsError(f"There is no file {path} with weights.")
    try:
        with warnings.catch_warnings():  # the error raised says it all
            warnings.simplefilter("ignore")
            backbone.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise WeightsError(_explain_mismatch(path, str(error))) from error


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


def _explain_mismatch(path: Path, message: str) -> str:
    # Keras writes pages when weights do not fit; people need one line.
    layer = re.search(r"object <(\w+) name=([^,>]+)", message)
    shapes = re.search(
        r"variable\.shape=(\(.*?\)), Received: value\.shape=(\(.*?\))", message
    )
    if layer and shapes:
        return (
            f"{path} does not fit this network: layer {layer[2]!r} needs "
            f"{shapes[1]}, the file has {shapes[2]}. The file must hold "
            "MobileNetV2 without top, with the same --alpha."
        )
    if layer:
        return f"{path} does not fit this network: layer {layer[2]!r} is not in it."
    return f"{path} cannot be read as Keras weights: {message.splitlines()[0][:200]}"
