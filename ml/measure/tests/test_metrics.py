"""Metrics against naive loops, a case worked by hand, and nothing to measure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ml.measure import metrics
from ml.triplets.sampler import Triplets


def unit_vectors(count: int, dimension: int = 5, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def at_angles(*degrees: float) -> np.ndarray:
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


@pytest.fixture
def case() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Queries, their labels, gallery, its labels."""
    rng = np.random.default_rng(1)
    return (
        unit_vectors(20, seed=2),
        rng.integers(4, size=20),
        unit_vectors(30, seed=3),
        rng.integers(4, size=30),
    )


def naive_ranking(query: np.ndarray, gallery: np.ndarray) -> list[int]:
    found = [
        1 - sum(float(a) * float(b) for a, b in zip(query, g, strict=True))
        for g in gallery
    ]
    return sorted(range(len(gallery)), key=lambda i: found[i])


@pytest.mark.parametrize("k", [1, 3, 10, 99])
def test_recall_and_precision_equal_a_loop(case, k):
    queries, query_labels, gallery, labels = case
    recall, precision = [], []
    for query, label in zip(queries, query_labels, strict=True):
        first = [labels[i] == label for i in naive_ranking(query, gallery)[:k]]
        recall.append(any(first))
        precision.append(sum(first) / len(first))
    relevant = metrics.relevance(*case)
    assert metrics.recall_at(k, relevant) == pytest.approx(np.mean(recall))
    assert metrics.precision_at(k, relevant) == pytest.approx(np.mean(precision))


def test_every_photo_among_the_others_equals_a_loop():
    vectors, labels = unit_vectors(12), np.arange(12) % 3
    found = metrics.relevance_of_others(vectors, labels)
    assert found.shape == (12, 11)
    for i in range(12):
        others = [j for j in range(12) if j != i]
        ranked = naive_ranking(vectors[i], vectors[others])
        expected = [labels[others[j]] == labels[i] for j in ranked]
        assert found[i].tolist() == expected


def test_mean_average_precision_equals_a_loop(case):
    queries, query_labels, gallery, labels = case
    averages = []
    for query, label in zip(queries, query_labels, strict=True):
        hits, total = 0, 0.0
        for rank, i in enumerate(naive_ranking(query, gallery), start=1):
            if labels[i] == label:
                hits += 1
                total += hits / rank
        averages.append(total / hits)
    relevant = metrics.relevance(*case)
    assert metrics.mean_average_precision(relevant) == pytest.approx(np.mean(averages))


def test_mean_similarity_equals_a_loop():
    vectors, labels = unit_vectors(15), np.arange(15) % 3
    inside, between = [], []
    for i in range(15):
        for j in range(15):
            if i != j:
                group = inside if labels[i] == labels[j] else between
                group.append(float(vectors[i] @ vectors[j]))
    expected = (np.mean(inside), np.mean(between))
    assert metrics.mean_similarity(vectors, labels) == pytest.approx(expected, abs=1e-6)


def test_triplets_in_order_equal_a_loop():
    vectors = unit_vectors(12)
    rng = np.random.default_rng(4)
    triplets = Triplets(*(rng.integers(12, size=200) for _ in range(3)))
    right = [
        float(np.linalg.norm(vectors[a] - vectors[p]))
        < float(np.linalg.norm(vectors[a] - vectors[n]))
        for a, p, n in zip(*triplets, strict=True)
    ]
    found = metrics.triplets_in_order(vectors, triplets)
    assert found == pytest.approx(np.mean(right), abs=0.011)  # p or n may be equal


def test_a_case_worked_by_hand():
    """Query at 0 degrees; gallery at 10, 20, 30 and 40, right at 10 and 30 only."""
    relevant = metrics.relevance(
        at_angles(0), np.array([1]), at_angles(30, 10, 40, 20), np.array([1, 1, 2, 2])
    )
    assert relevant.tolist() == [[True, False, True, False]]
    assert metrics.retrieval(relevant) == pytest.approx(
        {
            "recall@1": 1.0,
            "recall@5": 1.0,
            "recall@10": 1.0,
            "precision@10": 0.5,
            "mAP": (1 / 1 + 2 / 3) / 2,
        }
    )


def test_distance_is_cosine_distance():
    found = metrics.distances(at_angles(0), at_angles(0, 60, 90, 180))
    assert found[0] == pytest.approx([0, 0.5, 1, 2], abs=1e-6)


def test_photos_at_one_distance_keep_the_order_of_the_gallery():
    relevant = metrics.relevance(
        at_angles(0), np.array([1]), at_angles(5, 5, 5), np.array([2, 1, 1])
    )
    assert relevant.tolist() == [[False, True, True]]


def test_a_tie_is_not_in_order():
    one = np.array([0])
    assert metrics.triplets_in_order(at_angles(0), Triplets(one, one, one)) == 0.0


def test_queries_with_nothing_to_find_do_not_count_for_map():
    relevant = np.array([[False, False], [False, True]])
    assert metrics.mean_average_precision(relevant) == 0.5
    assert metrics.recall_at(2, relevant) == 0.5


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_nothing_to_measure_is_nan_or_nothing_found(shape):
    relevant = np.zeros(shape, dtype=bool)
    assert math.isnan(metrics.mean_average_precision(relevant))
    assert math.isnan(metrics.precision_at(10, relevant))
    recall = metrics.recall_at(1, relevant)
    assert recall == 0 if len(relevant) else math.isnan(recall)


def test_similarity_without_pairs_is_nan():
    inside, between = metrics.mean_similarity(at_angles(0, 50), np.array([0, 1]))
    assert math.isnan(inside)
    assert between == pytest.approx(math.cos(math.radians(50)), abs=1e-6)
    inside, between = metrics.mean_similarity(at_angles(0, 50), np.array([0, 0]))
    assert math.isnan(between)
    no_photos = metrics.mean_similarity(np.empty((0, 2)), np.empty(0, dtype=int))
    assert all(math.isnan(value) for value in no_photos)
