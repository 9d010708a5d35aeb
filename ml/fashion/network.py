"""The network of the recipe `fashion`: category and appearance in one unit vector.

    photo -> lower (frozen) -> upper: two tops, each two pooled depths and a layout
          -> readout -> vector

The vector is [sqrt(w) c, sqrt(1 - w) a]. c, the category, and a, the appearance, have
unit length, so a cosine is w cos(c, c') + (1 - w) cos(a, a'). Category separates kinds
and appearance orders within a kind, and each keeps its own share of the distance.

c holds the square roots of the category probabilities, so cos(c, c') is the
Bhattacharyya coefficient of two photos' probabilities. A photo of a kind that was not
trained on has probability in several categories, and its appearance decides. a is the
layout that the tops output, projected to axes along which photos differ and views of
one photo do not (`ml.fashion.readout`).

Each top is a copy of the last blocks of MobileNetV2, trained by its own losses through
two heads of its own. Copies make different mistakes, so together they are an ensemble
(Hansen and Salamon 1990) in one vector. The heads are dropped after training, because
their output keeps less of what training did not ask for than their input does
(Chen et al. 2020, SimCLR, 4.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ml.backbone import build_backbone
from ml.backend import keras
from ml.errors import UserError
from ml.recipes import FashionRecipe

TEXTURES = ("block_6_expand_relu", "block_10_expand_relu")
DEPTHS = ("block_13_expand_relu", "out_relu")
LAYOUT = "block_16_project_BN"  # not pooled, so it keeps positions


class StartError(UserError):
    """The encoder to start from does not fit this recipe."""


@dataclass(frozen=True)
class Parts:
    """The parts of one encoder, with shared weights."""

    lower: keras.Model  # photos -1..1 -> activations, pooled textures
    upper: keras.Model  # activations -> pooled DEPTHS and LAYOUT of each top
    heads: keras.Model  # textures, outputs of `upper` -> two vectors for the losses


def build_two_heads(recipe: FashionRecipe, weights: str | Path | None) -> Parts:
    backbone = build_backbone(recipe, weights)
    above = f"block_{recipe.frozen_blocks + 1}_expand"  # first trained layer
    split = backbone.get_layer(above).input
    depths = [_pooled(backbone, [name]) for name in DEPTHS]
    top = keras.Model(split, [*depths, backbone.get_layer(LAYOUT).output])
    activations = keras.Input(split.shape[1:])
    # Copy before `lower` is frozen: copies of frozen layers are frozen too.
    seen = [
        output
        for number in range(recipe.tops)
        for output in _copy_top(top, activations, number + 1)
    ]
    upper = keras.Model(activations, seen, name="upper")
    lower = keras.Model(
        backbone.input, [split, _pooled(backbone, TEXTURES)], name="lower"
    )
    lower.trainable = False
    heads = build_heads(recipe, [lower.output_shape[1], *upper.output_shape])
    return Parts(lower, upper, heads)


def _copy_top(top: keras.Model, activations: keras.KerasTensor, number: int) -> list:
    def renamed(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        return type(layer).from_config({**config, "name": f"{layer.name}_{number}"})

    copy = keras.models.clone_model(top, activations, renamed)
    copy.set_weights(top.get_weights())
    return copy.outputs


def frozen_model(parts: Parts) -> keras.Model:
    """Return the part that is computed once: uint8 photos to the arrays of `Views`.

    The layout is that of the last top; training keeps the appearance close to it.
    """
    image = keras.Input(parts.lower.input_shape[1:], dtype="uint8", name="image")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    activations, textures = parts.lower(x, training=False)
    *_, layout = parts.upper(activations, training=False)
    return keras.Model(image, [activations, textures, layout])


def join(parts: Parts, readout: keras.Model) -> keras.Model:
    """Return the encoder: (N, size, size, 3) uint8 to (N, dimension) unit vectors."""
    image = keras.Input(parts.lower.input_shape[1:], dtype="uint8", name="image")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(image)  # -1..1
    # Batch norms stay in inference mode: see ml.triplets.network.
    activations, _ = parts.lower(x, training=False)
    vector = readout(parts.upper(activations, training=False))
    return keras.Model(image, vector, name="encoder")


def build_readout(
    recipe: FashionRecipe, categories: int, shapes: list[tuple]
) -> tuple[keras.Model, keras.Model]:
    """Return two models: from the outputs of `upper` to the vector, and to its inputs.

    The inputs are depths (N, F) and layouts (N, G), all tops concatenated. The layers
    `categories`, `category_axes` and `appearance_axes` still need their weights.
    """
    layers, ops = keras.layers, keras.ops
    inputs = [keras.Input(shape[1:]) for shape in shapes]
    tops = _by_top(inputs)
    depths = _side_by_side([_normalize(x) for *pooled, _ in tops for x in pooled])
    layouts = _side_by_side([layers.Flatten()(layout) for *_, layout in tops])
    logits = layers.Dense(categories, name="categories")(depths)
    shares = ops.softmax(logits / recipe.category_heat)
    axes = layers.Dense(recipe.category_dimension, use_bias=False, name="category_axes")
    category = layers.UnitNormalization()(axes(ops.sqrt(shares)))
    rest = recipe.dimension - recipe.category_dimension
    place = layers.Dense(rest, name="appearance_axes")(layouts)
    appearance = layers.UnitNormalization()(place)
    weight = recipe.category_weight
    vector = layers.Concatenate(name="vector")(
        [category * math.sqrt(weight), appearance * math.sqrt(1 - weight)]
    )
    return (
        keras.Model(inputs, vector, name="readout"),
        keras.Model(inputs, [depths, layouts]),
    )


def open_two_heads(file: Path, recipe: FashionRecipe) -> Parts:
    from ml.conversion import load_keras

    encoder = load_keras(file)
    try:
        lower, upper = map(encoder.get_layer, ("lower", "upper"))
    except ValueError:
        raise StartError(
            f"{file} cannot be trained further: it was not made by --recipe fashion. "
            "Start from --weights instead, or from another encoder."
        ) from None
    wanted = (None, recipe.input_size, recipe.input_size, 3)
    sizes = (encoder.input_shape, encoder.output_shape)
    if sizes != (wanted, (None, recipe.dimension)):
        raise StartError(
            f"{file} takes {sizes[0]} and gives {sizes[1]}; the recipe needs {wanted} "
            f"and {(None, recipe.dimension)}."
        )
    if (tops := len(_by_top(upper.outputs))) != recipe.tops:
        raise StartError(f"{file} has {tops} top(s); the recipe needs {recipe.tops}.")
    lower.trainable = False
    heads = build_heads(recipe, [lower.output_shape[1], *upper.output_shape])
    return Parts(lower, upper, heads)


def _pooled(backbone: keras.Model, names: tuple[str, ...] | list[str]) -> object:
    means = [
        keras.layers.GlobalAveragePooling2D(name=f"{name}_mean")(
            backbone.get_layer(name).output
        )
        for name in names
    ]
    return _side_by_side(means)


def _side_by_side(parts: list) -> keras.KerasTensor:
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate()(parts)


def build_heads(recipe: FashionRecipe, shapes: list[tuple]) -> keras.Model:
    layers = keras.layers
    inputs = [keras.Input(shape[1:]) for shape in shapes]
    textures, *seen = map(_normalize, inputs)
    found = [_heads_of_top(textures, top, recipe) for top in _by_top(seen)]
    outputs = [layers.Concatenate()(own) for own in zip(*found, strict=True)]
    return keras.Model(inputs, outputs, name="heads")


def _by_top(seen: list) -> list[list]:
    """Split the outputs of `upper` into the DEPTHS and LAYOUT of each top."""
    each = len(DEPTHS) + 1
    return [seen[start : start + each] for start in range(0, len(seen), each)]


def _normalize(x: keras.KerasTensor) -> keras.KerasTensor:
    # Mean 0 and variance 1 in each photo: two depths differ a hundredfold in scale.
    return keras.layers.LayerNormalization(center=False, scale=False)(x)


def _heads_of_top(textures: object, top: list, recipe: FashionRecipe) -> list:
    """Return a top's category and appearance vectors, each (N, D / tops)."""
    layers = keras.layers
    *depths, layout = top
    seen = [textures, *depths]
    if recipe.layout_channels:
        layout = layers.Conv2D(recipe.layout_channels, 1)(layout)
        seen.append(layers.Flatten()(layout))
    rest = recipe.dimension - recipe.category_dimension
    return [
        _head(layers.Concatenate()(depths), recipe.category_dimension, recipe),
        _head(layers.Concatenate()(seen), rest, recipe),
    ]


def _head(x: object, dimension: int, recipe: FashionRecipe) -> object:
    layers = keras.layers
    x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(recipe.hidden, activation="silu")(x)
    x = layers.Dense(dimension // recipe.tops)(x)
    x = layers.UnitNormalization()(x)
    return layers.Rescaling(1 / math.sqrt(recipe.tops))(x)
