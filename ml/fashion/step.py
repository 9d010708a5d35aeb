"""Take one step of the recipe `fashion`: the loss, its gradient, the optimizer."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ml.backend import keras, tf
from ml.fashion.batches import ViewBatch, ViewSource
from ml.fashion.losses import contrast, soft_cross_entropy
from ml.fashion.network import INSTANCE, Parts
from ml.fashion.targets import LOSS_WEIGHTS
from ml.recipes import FashionRecipe
from ml.schedule import learning_rate

VALIDATION_BATCHES = 8
MAX_GRADIENT_NORM = 5.0


def batch_loss(
    parts: Parts, batch: ViewBatch, recipe: FashionRecipe, training: bool
) -> tf.Tensor:
    """Return the losses of all heads and the contrast between photos, a scalar."""
    # Batch norms stay in inference mode: see ml.triplets.network.
    features = parts.upper([batch.activations, batch.weights], training=False)
    found = parts.heads([features, batch.colours], training=training)
    loss = recipe.contrast * contrast(
        found[INSTANCE], batch.instances, recipe.temperature
    )
    for name, shares in batch.shares.items():
        loss += LOSS_WEIGHTS[name] * soft_cross_entropy(
            found[name], shares, batch.label_weights[name]
        )
    return loss


def validation_loss(parts: Parts, source: ViewSource, recipe: FashionRecipe) -> float:
    """Return the mean loss on a few fixed batches; nan without photos."""
    if not len(source.photos):
        return math.nan
    batches = (source.draw(recipe, [1, i]) for i in range(VALIDATION_BATCHES))
    return float(np.mean([batch_loss(parts, b, recipe, False) for b in batches]))


def make_optimizer(parts: Parts, recipe: FashionRecipe) -> keras.optimizers.Optimizer:
    spanned = max(1.0, recipe.averaging * recipe.epochs * recipe.steps)
    optimizer = keras.optimizers.AdamW(
        learning_rate(recipe),
        weight_decay=recipe.weight_decay,
        use_ema=recipe.averaging > 0,
        ema_momentum=1 - 1 / spanned,
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
