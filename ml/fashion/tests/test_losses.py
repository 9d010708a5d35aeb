"""The losses of the recipe `fashion` against loops, by hand, on poor batches."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ml.backend import tf
from ml.fashion.losses import contrast, soft_cross_entropy

HEAT = 0.1


def unit(count: int, dimension: int = 5, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / lengths).astype(np.float32)


def naive_contrast(vectors: np.ndarray, groups: np.ndarray) -> float:
    losses = []
    for i, anchor in enumerate(vectors):
        others = [j for j in range(len(vectors)) if j != i]
        total = sum(math.exp(float(anchor @ vectors[j]) / HEAT) for j in others)
        positives = [j for j in others if groups[j] == groups[i]]
        if positives:
            shares = [math.exp(anchor @ vectors[j] / HEAT) / total for j in positives]
            losses.append(-sum(map(math.log, shares)) / len(positives))
    return sum(losses) / len(losses)


@pytest.mark.parametrize(
    "groups", [[0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 1, 2]], ids=["pairs", "uneven"]
)
def test_contrast_equals_a_loop(groups):
    vectors, groups = unit(6), np.array(groups)
    found = float(contrast(tf.constant(vectors), tf.constant(groups), HEAT))
    assert found == pytest.approx(naive_contrast(vectors, groups), rel=1e-4)


def test_contrast_worked_by_hand():
    """Two of a group at one place, one of another at right angles: ln(1 + 1/e)."""
    vectors = tf.constant([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    found = float(contrast(vectors, tf.constant([0, 0, 1]), 1.0))
    assert found == pytest.approx(math.log(1 + math.exp(-1)), rel=1e-6)


@pytest.mark.parametrize("count", [1, 4])
def test_a_batch_without_pairs_is_no_loss_and_no_gradient(count):
    vectors = tf.Variable(unit(count))
    with tf.GradientTape() as tape:
        loss = contrast(vectors, tf.range(count), HEAT)
    assert float(loss) == 0
    assert not tape.gradient(loss, vectors).numpy().any()


def test_a_batch_of_one_point_is_a_finite_loss():
    vectors = tf.Variable(np.repeat(unit(1), 4, axis=0))
    with tf.GradientTape() as tape:
        loss = contrast(vectors, tf.constant([0, 0, 1, 1]), HEAT)
    assert float(loss) == pytest.approx(math.log(3), rel=1e-4)
    assert np.isfinite(tape.gradient(loss, vectors).numpy()).all()


def test_the_cross_entropy_is_the_weighted_mean_over_labelled_photos():
    logits = np.array([[2.0, 0.0], [0.0, 0.0], [9.0, 1.0]], np.float32)
    shares = np.array([[0.9, 0.1], [0.5, 0.5], [0.0, 1.0]], np.float32)
    weights = np.array([1.0, 0.5, 0.0], np.float32)
    found = soft_cross_entropy(*map(tf.constant, (logits, shares, weights)))
    total = math.exp(2) + 1
    first = -0.9 * math.log(math.exp(2) / total) - 0.1 * math.log(1 / total)
    assert float(found) == pytest.approx((first + 0.5 * math.log(2)) / 1.5, rel=1e-5)


def test_without_labels_there_is_no_loss():
    nothing = tf.zeros(3)
    assert float(soft_cross_entropy(tf.ones((3, 2)), tf.ones((3, 2)), nothing)) == 0
