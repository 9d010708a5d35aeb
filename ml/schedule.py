"""Set the learning rate over the steps of a training."""

from __future__ import annotations

import math

from ml.backend import keras
from ml.recipes import Recipe


def learning_rate(recipe: Recipe) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return a linear warm-up followed by a cosine decay to zero at the last step."""
    total = max(1, recipe.epochs * recipe.steps)
    climb = math.ceil(total * recipe.warmup)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / max(1, climb),
        decay_steps=max(1, total - climb),
        warmup_target=recipe.learning_rate,
        warmup_steps=climb,
    )
