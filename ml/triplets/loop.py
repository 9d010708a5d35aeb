"""The training loop of the report's recipe: triplets in, a better encoder out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.backend import keras, tf
from ml.conversion import encode_pixels
from ml.dataset import Photos
from ml.errors import TrainingError
from ml.measure.history import Epoch, Trained
from ml.recipes import Recipe, TripletRecipe
from ml.schedule import learning_rate
from ml.triplets.loss import triplet_loss
from ml.triplets.network import build_encoder, build_triplet_network
from ml.triplets.sampler import TripletSampler

VALIDATION_TRIPLETS = 5_000


def fit(
    recipe: TripletRecipe,
    photos: Mapping[str, Photos],
    leave_out: Sequence[str],
    weights: str | Path | None,
) -> Trained:
    """Build and train an encoder."""
    known = {name: split.without(leave_out) for name, split in photos.items()}
    encoder = build_encoder(recipe, weights)
    history = train_encoder(encoder, known["train"], known["validation"], recipe)
    return Trained(encoder, history)


def train_encoder(
    encoder: keras.Model, train: Photos, validation: Photos, recipe: TripletRecipe
) -> list[Epoch]:
    """Fit the encoder in place by the recipe. Raises TrainingError.

    Everything random follows from `recipe.seed`.
    """
    # Two streams, so that a change of the one does not move the other.
    training_rng, validation_rng = (
        np.random.default_rng(seed)
        for seed in np.random.SeedSequence(recipe.seed).spawn(2)
    )
    sampler = TripletSampler(train.labels)
    step = _make_step(encoder, recipe)
    history = []
    for epoch in range(1, recipe.epochs + 1):
        losses = []
        words = f"epoch {epoch}/{recipe.epochs}"
        with tqdm(range(recipe.steps), desc=words, unit="step") as progress:
            for number in progress:
                triplets = sampler.draw(recipe.batch, training_rng)
                images = [train.pixels[chosen] for chosen in triplets]
                if recipe.flips:
                    images = [flip_some(batch, training_rng) for batch in images]
                loss = float(step(*map(tf.constant, images)))
                _check_finite(loss, epoch, number + 1, recipe)
                losses.append(loss)
                progress.set_postfix(loss=f"{np.mean(losses):.4f}")
        held_out = validation_loss(encoder, validation, recipe, validation_rng)
        history.append(Epoch(epoch, float(np.mean(losses)), held_out))
        tqdm.write(
            f"epoch {epoch}: loss {history[-1].train:.4f}, validation {held_out:.4f}"
        )
    return history


def flip_some(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N, H, W, 3) -> the same, about half of them mirrored left to right."""
    mirrored = rng.random(len(images)) < 0.5
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


def validation_loss(
    encoder: keras.Model,
    photos: Photos,
    recipe: TripletRecipe,
    rng: np.random.Generator,
) -> float:
    """The loss on triplets of photos not trained on; nan if none can be drawn."""
    try:
        sampler = TripletSampler(photos.labels)
    except ValueError:
        return math.nan
    vectors = encode_pixels(encoder, photos.pixels)
    triplets = sampler.draw(VALIDATION_TRIPLETS, rng)
    anchor, positive, negative = (vectors[chosen] for chosen in triplets)
    return float(triplet_loss(anchor, positive, negative, recipe.margin))


def _make_step(encoder: keras.Model, recipe: TripletRecipe) -> Callable[..., tf.Tensor]:
    """Three batches (N, size, size, 3) uint8 -> their loss, the weights one better."""
    network = build_triplet_network(encoder)
    optimizer = keras.optimizers.Adam(learning_rate(recipe))
    optimizer.build(network.trainable_variables)

    @tf.function
    def step(anchor: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            # training=False holds the batch norms at what they are; the weights
            # are trained all the same.
            a, p, n = network([anchor, positive, negative], training=False)
            loss = triplet_loss(a, p, n, recipe.margin)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return loss

    return step


def _check_finite(loss: float, epoch: int, step: int, recipe: Recipe) -> None:
    if math.isfinite(loss):
        return
    total = (epoch - 1) * recipe.steps + step
    raise TrainingError(
        f"The loss became {loss} at step {step} of epoch {epoch} (step {total} in "
        f"all); nothing was written. Try a --learning-rate below "
        f"{recipe.learning_rate:g}."
    )
