"""Take one step of the recipe `fashion`: the loss, its gradient, the optimizer."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ml.backend import keras, tf
from ml.fashion.batches import ViewBatch, ViewSource
from ml.fashion.losses import contrast, relation_loss
from ml.fashion.network import Parts
from ml.recipes import FashionRecipe
from ml.schedule import learning_rate

VALIDATION_BATCHES = 4
MAX_GRADIENT_NORM = 5.0


def batch_loss(
    parts: Parts, batch: ViewBatch, recipe: FashionRecipe, training: bool
) -> tf.Tensor:
    """Return category contrast + view contrast + distance to the teacher, a scalar.

    It is the mean over the tops, each of which is trained as if it were alone.
    """
    # Batch norms stay in inference mode: see ml.triplets.network.
    seen = parts.upper(tf.cast(batch.activations, tf.float32), training=False)
    textures = tf.cast(batch.textures, tf.float32)
    found = parts.heads([textures, *seen], training=training)
    category, appearance = (_each_top(vectors, recipe.tops) for vectors in found)
    losses = [
        _top_loss(its_category, its_appearance, batch, recipe)
        for its_category, its_appearance in zip(category, appearance, strict=True)
    ]
    return tf.add_n(losses) / len(losses)


def _each_top(vectors: tf.Tensor, tops: int) -> list[tf.Tensor]:
    """Split (N, D) into one (N, D / tops) of unit length for each top."""
    return tf.split(tf.cast(vectors, tf.float32) * math.sqrt(tops), tops, axis=1)


def _top_loss(
    category: tf.Tensor, appearance: tf.Tensor, batch: ViewBatch, recipe: FashionRecipe
) -> tf.Tensor:
    teacher = tf.cast(batch.teacher, tf.float32)
    heat = recipe.temperature
    loss = contrast(category, batch.labels, heat)
    loss += recipe.appearance * contrast(appearance, batch.instances, heat)
    return loss + recipe.distillation * relation_loss(
        appearance, teacher, batch.instances, heat
    )


def validation_loss(parts: Parts, source: ViewSource, recipe: FashionRecipe) -> float:
    """Return the mean loss on a few fixed batches; nan without photos."""
    if not len(source.photos):
        return math.nan
    batches = (source.draw(recipe, [1, i]) for i in range(VALIDATION_BATCHES))
    return float(np.mean([batch_loss(parts, b, recipe, False) for b in batches]))


def make_optimizer(parts: Parts, recipe: FashionRecipe) -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.AdamW(
        learning_rate(recipe),
        weight_decay=recipe.weight_decay,
        use_ema=recipe.averaging > 0,
        ema_momentum=recipe.averaging,
    )
    optimizer.build(trained_variables(parts))
    return optimizer


def make_step(
    parts: Parts, optimizer: keras.optimizers.Optimizer, recipe: FashionRecipe
) -> Callable[..., tf.Tensor]:
    variables = trained_variables(parts)

    @tf.function
    def step(*tensors: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = batch_loss(parts, ViewBatch(*tensors), recipe, training=True)
        gradients = tape.gradient(loss, variables)
        gradients, length = tf.clip_by_global_norm(gradients, MAX_GRADIENT_NORM)
        optimizer.apply(gradients, variables)
        return loss + 0.0 * length  # not finite if a gradient is not

    return step


def trained_variables(parts: Parts) -> list:
    return [*parts.upper.trainable_variables, *parts.heads.trainable_variables]


def set_precision(parts: Parts, *, reduced: bool) -> None:
    # On a CPU bfloat16 is slower than float32, where it exists at all. Weights, and
    # the exported encoder, stay float32 either way.
    reduced = reduced and bool(tf.config.list_physical_devices("GPU"))
    policy = "mixed_bfloat16" if reduced else "float32"
    for model in (parts.upper, parts.heads):
        for layer in model.layers:
            layer.dtype_policy = keras.dtype_policies.get(policy)
