"""The network that finds garments: a mask, whether there are any, which side is up."""

from __future__ import annotations

from pathlib import Path

from ml.backbone import load_backbone
from ml.backend import keras
from ml.finder.pictures import SIDE
from ml.recipes import Recipe

LEVELS = ("block_2_add", "block_5_add", "block_6_project_BN")  # frozen
DEEPEST = "block_12_add"  # trained from here down to LEVELS


def build_finder(weights: str | Path | None) -> keras.Model:
    """Return the model from (N, 128, 128, 3) uint8 to mask, presence and turns.

    `weights` as for `ml.backbone.build_backbone`. Mask (N, 32, 32) 0..1, the others
    logits (N,) and (N, 4).
    """
    backbone = keras.applications.MobileNetV2(
        input_shape=(SIDE, SIDE, 3), include_top=False, weights=None
    )
    load_backbone(backbone, weights, Recipe("finder", input_size=SIDE))
    lower = keras.Model(
        backbone.input, [backbone.get_layer(name).output for name in LEVELS]
    )
    head = _build_head(backbone, [shape[1:] for shape in lower.output_shape])
    return join_finder(lower, head)


def join_finder(lower: keras.Model, head: keras.Model) -> keras.Model:
    lower.name, head.name = "finder_lower", "finder_head"
    lower.trainable = False
    image = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="image")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    mask, presence, turns = head(lower(x, training=False), training=False)
    return keras.Model(image, [keras.ops.sigmoid(mask), presence, turns], name="finder")


def _build_head(backbone: keras.Model, shapes: list[tuple]) -> keras.Model:
    """Return the trained part: from the LEVELS to three outputs, all logits."""
    layers, ops = keras.layers, keras.ops
    fine, middle, coarse = inputs = [keras.Input(shape) for shape in shapes]
    deep = _copy_top(backbone, coarse)
    seen = layers.Concatenate()(
        [layers.GlobalAveragePooling2D()(deep), layers.GlobalMaxPooling2D()(deep)]
    )
    seen = layers.Dropout(0.2)(seen)
    turns = layers.Dense(4)(layers.Dense(96, activation="silu")(seen))
    presence = layers.Dense(1)(layers.Dense(64, activation="silu")(seen))
    x = deep
    for level, wide, narrow in ((middle, 64, 48), (fine, 32, 32)):
        x = layers.UpSampling2D(interpolation="bilinear")(layers.Conv2D(wide, 1)(x))
        x = ops.relu(x + layers.Conv2D(wide, 1)(level))
        x = layers.SeparableConv2D(narrow, 3, padding="same", activation="relu")(x)
    mask = ops.squeeze(layers.Conv2D(1, 1)(x), axis=-1)
    return keras.Model(inputs, [mask, ops.squeeze(presence, axis=-1), turns])


def _copy_top(backbone: keras.Model, coarse: keras.KerasTensor) -> keras.KerasTensor:
    split = backbone.get_layer("block_7_expand").input
    top = keras.Model(split, backbone.get_layer(DEEPEST).output)
    copy = keras.models.clone_model(top)
    copy.set_weights(top.get_weights())
    return copy(coarse)
