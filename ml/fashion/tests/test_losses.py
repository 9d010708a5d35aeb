"""The losses of the recipe `fashion` against loops, by hand, on poor batches."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ml.backend import tf
from ml.fashion.losses import contrast, relation_loss

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


def naive_relation(ours: np.ndarray, teacher: np.ndarray, groups: np.ndarray) -> float:
    losses = []
    for i in range(len(ours)):
        others = [j for j in range(len(ours)) if groups[j] != groups[i]]
        p, q = (
            np.exp([float(x[i] @ x[j]) / HEAT for j in others]) for x in (teacher, ours)
        )
        p, q = p / p.sum(), q / q.sum()
        losses.append(float((p * np.log(p / q)).sum()))
    return float(np.mean(losses))


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


def test_the_relation_loss_equals_a_loop():
    ours, teacher, groups = unit(6), unit(6, 9, seed=1), np.array([0, 0, 1, 2, 3, 3])
    found = relation_loss(*map(tf.constant, (ours, teacher, groups)), HEAT)
    assert float(found) == pytest.approx(
        naive_relation(ours, teacher, groups), rel=1e-4
    )


def test_lying_as_the_teacher_does_is_no_loss():
    turned = unit(6) @ np.linalg.qr(np.random.default_rng(2).normal(size=(5, 5)))[0]
    found = relation_loss(
        tf.constant(unit(6)),
        tf.constant(turned.astype(np.float32)),
        tf.range(6),
        HEAT,
    )
    assert float(found) == pytest.approx(0, abs=1e-5)


def test_a_batch_of_one_group_has_no_relations():
    loss = relation_loss(
        tf.constant(unit(4)), tf.constant(unit(4, 9)), tf.zeros(4, tf.int64), HEAT
    )
    assert float(loss) == pytest.approx(0, abs=1e-5)
