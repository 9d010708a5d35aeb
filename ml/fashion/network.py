"""The network of the recipe `fashion`: several parts in one unit vector.

    photo -> finder -> crop and mask of the garment (`ml.serving.garments`)
    crop, mask -> lower (frozen) -> upper -> features -> heads -> readout -> vector

The vector is made of parts of unit length, each times the square root of its weight, so
a cosine is the weighted mean of the cosines of the parts. Category, kind and pattern
hold the square roots of the shares that a head gives to each name: their cosine is the
Bhattacharyya coefficient of two photos. Colour holds the shares of 64 shades within the
mask beside those of the colour names. Appearance is what the features say beyond that
(`ml.fashion.readout`). Kind, pattern and colour names need labelled photos, once: an
encoder that is trained further keeps its heads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.backbone import build_backbone
from ml.backend import keras
from ml.errors import UserError
from ml.fashion.colours import histogram, set_constants
from ml.finder.pictures import SIDE as FINDER_SIDE
from ml.recipes import FashionRecipe
from ml.serving.garments import MASK_SCALE

DEPTHS = ("block_10_project_BN", "block_13_expand_relu", "out_relu")
UNMASKED = 0.02  # weight of what is not garment, when features are averaged
VISIBLE = 0.25  # of what is not garment; the rest of it is grey
INSTANCE = "instance"  # the output of the heads that tells photos apart
# The outputs of the heads that the vector is read off; the others only help to train.
READ = ("category", "kind", "pattern", "colour", INSTANCE)


class StartError(UserError):
    """The encoder to start from does not fit this recipe."""


@dataclass(frozen=True)
class Parts:
    """The parts of one encoder, with shared weights."""

    finder: keras.Model  # photos -> mask, presence, turns
    lower: keras.Model  # crop, mask -> activations, weights of their cells, colours
    upper: keras.Model  # activations, weights -> features
    heads: keras.Model  # features, colours -> logits by name, and INSTANCE

    def trained_weights(self) -> list[np.ndarray]:
        return self.upper.get_weights() + self.heads.get_weights()

    def set_trained_weights(self, weights: Sequence[np.ndarray]) -> None:
        count = len(self.upper.weights)
        self.upper.set_weights(weights[:count])
        self.heads.set_weights(weights[count:])


def build_parts(
    recipe: FashionRecipe,
    weights: str | Path | None,
    finder: keras.Model,
    sizes: Mapping[str, int],
) -> Parts:
    """Return a new network; `sizes` has the number of names of each head."""
    backbone = build_backbone(recipe, weights)
    lower = _build_lower(recipe, backbone)
    upper = _build_upper(recipe, backbone)
    return Parts(finder, lower, upper, build_heads(recipe, lower, upper, sizes))


def _build_lower(recipe: FashionRecipe, backbone: keras.Model) -> keras.Model:
    seen = keras.Model(backbone.input, _split(recipe, backbone), name="frozen")
    return _see(recipe.input_size, seen)


def with_ground(lower: keras.Model) -> keras.Model:
    """Return a copy with a third input: how much of the ground is visible, 0..255."""
    visible = keras.Input((1,), dtype="uint8", name="visible")
    return _see(lower.input["crop"].shape[1], lower.get_layer("frozen"), visible)


def _see(
    side: int, frozen: keras.Model, visible: keras.KerasTensor | None = None
) -> keras.Model:
    layers, ops = keras.layers, keras.ops
    cells = side // MASK_SCALE
    crop = keras.Input((side, side, 3), dtype="uint8", name="crop")
    mask = keras.Input((cells, cells), dtype="uint8", name="mask")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(crop)  # -1..1
    garment = layers.Reshape((cells, cells, 1))(layers.Rescaling(1 / 255)(mask))
    near = layers.MaxPooling2D(3, strides=1, padding="same")(garment)
    near = layers.UpSampling2D(MASK_SCALE, interpolation="bilinear")(near)
    inputs = {"crop": crop, "mask": mask}
    ground: float | keras.KerasTensor = VISIBLE
    if visible is not None:
        inputs["visible"] = visible
        ground = layers.Reshape((1, 1, 1))(layers.Rescaling(1 / 255)(visible))
    activations = frozen(x * ops.maximum(near, ground), training=False)
    weights = layers.AveragePooling2D(cells // activations.shape[1])(garment)
    lower = keras.Model(
        inputs,
        [activations, weights + UNMASKED, histogram(x, garment)],
        name="lower",
    )
    set_constants(lower)
    lower.trainable = False
    return lower


def _split(recipe: FashionRecipe, backbone: keras.Model) -> keras.KerasTensor:
    return backbone.get_layer(f"block_{recipe.frozen_blocks + 1}_expand").input


def _build_upper(recipe: FashionRecipe, backbone: keras.Model) -> keras.Model:
    split = _split(recipe, backbone)
    depths = [backbone.get_layer(name).output for name in DEPTHS]
    top = keras.Model(split, depths)
    activations = keras.Input(split.shape[1:])
    weights = keras.Input((*split.shape[1:3], 1))
    # A copy is not frozen with the layers of `lower`.
    copy = keras.models.clone_model(top)
    copy.name = "top"
    copy.set_weights(top.get_weights())
    seen = [activations, *copy(activations)]
    features = [_normalize(_mean(x, weights)) for x in seen]
    mean = _mean(activations, weights)
    spread = keras.ops.relu(_mean(activations * activations, weights) - mean * mean)
    features.append(_normalize(keras.ops.sqrt(spread + 1e-4)))
    return keras.Model(
        [activations, weights],
        keras.layers.Concatenate()(features),
        name="upper",
    )


def _mean(x: keras.KerasTensor, weights: keras.KerasTensor) -> keras.KerasTensor:
    """Average (N, h, h, C) over its cells, by the weights (N, g, g, 1)."""
    layers, ops = keras.layers, keras.ops
    side, channels = x.shape[1], x.shape[3]
    if side != weights.shape[1]:
        weights = layers.AveragePooling2D(weights.shape[1] // side)(weights)
    flat = layers.Reshape((1, side * side))(weights)
    total = ops.matmul(flat, layers.Reshape((side * side, channels))(x))
    mean = total / ops.sum(flat, axis=2, keepdims=True)
    return layers.Reshape((channels,))(mean)


def _normalize(x: keras.KerasTensor) -> keras.KerasTensor:
    # Mean 0 and variance 1 in each photo: two depths differ a hundredfold in scale.
    return keras.layers.LayerNormalization(center=False, scale=False)(x)


def build_heads(
    recipe: FashionRecipe,
    lower: keras.Model,
    upper: keras.Model,
    sizes: Mapping[str, int],
) -> keras.Model:
    layers = keras.layers
    features = keras.Input(upper.output_shape[1:])
    colours = keras.Input(lower.output_shape[2][1:])
    kept = layers.Dropout(recipe.dropout)(features)
    outputs = {}
    for name, size in sizes.items():
        x = kept
        if name == "colour":
            roots = layers.Dropout(0.2)(keras.ops.sqrt(colours) * 3.0)
            x = layers.Dense(48, activation="silu", name="colour_seen")(x)
            x = layers.Concatenate()([roots, x])
            x = layers.Dense(192, activation="silu", name="colour_hidden")(x)
            x = layers.Dropout(0.2)(x)
        outputs[name] = layers.Dense(size, name=name)(x)
    x = layers.Dense(256, activation="silu", name="instance_hidden")(features)
    x = layers.Dense(128, name="instance_axes")(x)
    outputs[INSTANCE] = layers.UnitNormalization()(x)
    return keras.Model([features, colours], outputs, name="heads")


def join(parts: Parts, readout: keras.Model) -> keras.Model:
    """Return the encoder: image, crop and mask to what is seen and the vector.

    Its layer `finder` takes the image, its layer `garment` the other two.
    """
    seen = parts.lower.input
    crop = keras.Input(seen["crop"].shape[1:], dtype="uint8", name="crop")
    mask = keras.Input(seen["mask"].shape[1:], dtype="uint8", name="mask")
    activations, weights, colours = parts.lower({"crop": crop, "mask": mask})
    features = parts.upper([activations, weights], training=False)
    logits = parts.heads([features, colours], training=False)
    vector = readout(readable(features, colours, logits))
    garment = keras.Model({"crop": crop, "mask": mask}, vector, name="garment")
    image = keras.Input((FINDER_SIDE, FINDER_SIDE, 3), dtype="uint8", name="image")
    inputs = {"image": image, "crop": crop, "mask": mask}
    outputs = [
        *parts.finder(image, training=False),
        garment({"crop": crop, "mask": mask}, training=False),
    ]
    return keras.Model(inputs, outputs, name="encoder")


def readable(features: object, colours: object, logits: Mapping) -> dict:
    """Return the inputs of the readout."""
    named = {name: logits[name] for name in READ if name in logits}
    return {"features": features, "colours": colours, **named}


def open_finder(file: Path) -> keras.Model:
    return _open(file).get_layer("finder")


def open_parts(file: Path, recipe: FashionRecipe) -> tuple[Parts, keras.Model]:
    """Return the parts of an encoder and its readout. Raises StartError."""
    encoder = _open(file)
    garment = encoder.get_layer("garment")
    side = garment.input["crop"].shape[1]
    if (side, garment.output_shape[1]) != (recipe.input_size, recipe.dimension):
        raise StartError(
            f"{file} takes crops of {side} pixels and gives {garment.output_shape[1]} "
            f"numbers; the recipe needs {recipe.input_size} and {recipe.dimension}."
        )
    lower, upper, heads = map(garment.get_layer, ("lower", "upper", "heads"))
    lower.trainable = False
    readout = garment.get_layer("readout")
    return Parts(encoder.get_layer("finder"), lower, upper, heads), readout


def _open(file: Path) -> keras.Model:
    from ml.conversion import load_keras

    encoder = load_keras(file)
    if not {"finder", "garment"} <= {layer.name for layer in encoder.layers}:
        raise StartError(
            f"{file} cannot be trained further: it was not made by --recipe fashion "
            "as it is now. Start from --weights instead, or from another encoder."
        )
    return encoder
