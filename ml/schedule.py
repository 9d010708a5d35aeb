"""Set the learning rate over the steps of a training."""

from __future__ import annotations

import math

from ml.backend import keras
from ml.recipes import Recipe


def learning_rate(recipe: Recipe) -> keras.optimizers.schedules.LearningRateSchedule:
    total = max(1, recipe.epochs * recipe.steps)
    climb = math.ceil(total * recipe.warmup)
    return cosine_decay(recipe.learning_rate, total, climb)


def cosine_decay(
    highest: float, steps: int, climb: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return a linear climb followed by a cosine decay to zero at the last step."""
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=highest / max(1, climb),
        decay_steps=max(1, steps - climb),
        warmup_target=highest,
        warmup_steps=climb,
    )
