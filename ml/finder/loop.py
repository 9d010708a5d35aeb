"""Train the finder on photos with garment masks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ml.backend import keras, tf
from ml.errors import UserError
from ml.finder.network import build_finder
from ml.finder.pictures import Example, example, read_masked
from ml.preprocess import PhotoError
from ml.schedule import cosine_decay

STEPS = 1_800
BATCH = 96
PICTURES_EACH = 5  # of a photo, made once
LEARNING_RATE = 1e-3
WARMUP = 40  # steps
WEIGHT_DECAY = 1e-3
MAX_GRADIENT_NORM = 5.0
# Of the whole loss; the mask has 1, and half as much again by its overlap.
PRESENCE, TURN = 0.3, 0.5
LEAST_PHOTOS = 20
AT_ONCE = 32

Batch = tuple[list[tf.Tensor], tf.Tensor, tf.Tensor, tf.Tensor]


def train_finder(
    pairs: Mapping[Path, Path],
    weights: str | Path | None,
    seed: int,
    steps: int = STEPS,
) -> keras.Model:
    """Return a finder trained on photos and the masks that belong to them."""
    photos = _read(pairs)
    if len(photos) < LEAST_PHOTOS:
        raise UserError(
            f"{len(photos)} photos have a garment mask that covers 5 to 97 % of them; "
            f"the finder needs {LEAST_PHOTOS}. A mask is a PNG with the photo's path."
        )
    finder = build_finder(weights)
    lower, head = finder.get_layer("finder_lower"), finder.get_layer("finder_head")
    count = min(steps * BATCH, PICTURES_EACH * len(photos))
    examples = [
        example(photos, np.random.default_rng([seed, number]))
        for number in tqdm(range(count), desc="pictures for the finder")
    ]
    levels = _levels(lower, examples)
    step = _make_step(head, steps)
    rng = np.random.default_rng(seed)
    with tqdm(range(steps), desc="finder", unit="step") as bar:
        for _ in bar:
            rows = rng.permutation(count)[:BATCH]
            loss = float(step(*_batch(levels, examples, rows)))
            if not math.isfinite(loss):
                raise UserError(f"The finder's loss became {loss}.")
            bar.set_postfix(loss=f"{loss:.3f}")
    return finder


def _read(pairs: Mapping[Path, Path]) -> list[Image.Image]:
    found = []
    for path, mask in tqdm(pairs.items(), desc="garment masks"):
        try:
            photo = read_masked(path, mask)
        except (PhotoError, OSError):
            continue
        if photo is not None:
            found.append(photo)
    return found


def _levels(lower: keras.Model, examples: Sequence[Example]) -> list[np.ndarray]:
    """Return what the frozen blocks give, (N, ...) float16 of each level."""
    call = tf.function(lambda x: lower(x, training=False), reduce_retracing=True)
    found: list[list[np.ndarray]] = [[] for _ in lower.outputs]
    for start in tqdm(range(0, len(examples), AT_ONCE), desc="frozen blocks"):
        pixels = np.stack([each.pixels for each in examples[start : start + AT_ONCE]])
        for kept, level in zip(
            found, call(pixels / np.float32(127.5) - 1), strict=True
        ):
            kept.append(level.numpy().astype(np.float16))
    return [np.concatenate(kept) for kept in found]


def _batch(
    levels: Sequence[np.ndarray], examples: Sequence[Example], rows: np.ndarray
) -> Batch:
    chosen = [examples[row] for row in rows]
    return (
        [tf.constant(level[rows], tf.float32) for level in levels],
        tf.constant(np.stack([each.mask for each in chosen])),
        tf.constant([float(each.present) for each in chosen]),
        tf.constant([each.turn for each in chosen]),
    )


def _make_step(head: keras.Model, steps: int) -> Callable[..., tf.Tensor]:
    schedule = cosine_decay(LEARNING_RATE, steps, WARMUP)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY)
    variables = head.trainable_variables
    optimizer.build(variables)

    @tf.function
    def step(
        levels: list[tf.Tensor], masks: tf.Tensor, present: tf.Tensor, turns: tf.Tensor
    ) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = finder_loss(head(levels, training=True), masks, present, turns)
        gradients = tape.gradient(loss, variables)
        gradients, _ = tf.clip_by_global_norm(gradients, MAX_GRADIENT_NORM)
        optimizer.apply(gradients, variables)
        return loss

    return step


def finder_loss(
    found: Sequence[tf.Tensor], masks: tf.Tensor, present: tf.Tensor, turns: tf.Tensor
) -> tf.Tensor:
    """Return the loss of mask, presence and turn, a scalar."""
    logits, presence, sides = found
    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(masks, logits))
    share = tf.sigmoid(logits)
    both = tf.reduce_sum(share * masks, axis=(1, 2))
    either = tf.reduce_sum(share + masks, axis=(1, 2))
    overlap = (2 * both + 1) / (either + 1)
    loss += 0.5 * tf.reduce_mean(1 - overlap)
    certain = present * 0.99 + 0.005
    loss += PRESENCE * tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(certain, presence)
    )
    known = tf.cast(turns >= 0, tf.float32)
    wanted = tf.one_hot(tf.maximum(turns, 0), 4) * 0.95 + 0.0125
    losses = tf.nn.softmax_cross_entropy_with_logits(wanted, sides) * known
    return loss + TURN * tf.math.divide_no_nan(
        tf.reduce_sum(losses), tf.reduce_sum(known)
    )
