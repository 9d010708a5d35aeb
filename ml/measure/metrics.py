"""Metrics of vectors: retrieval, triplets, similarity.

Vectors are (N, D) float32 of unit length, labels (N,) integers. Distance is cosine
distance, 0..2, lower is closer.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ml.triplets.sampler import Triplets, TripletSampler

RANDOM_TRIPLETS = 20_000


def distances(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """(Q, D), (G, D) -> (Q, G) cosine distances."""
    return 1.0 - queries @ gallery.T


def relevance(
    queries: np.ndarray,
    query_labels: np.ndarray,
    gallery: np.ndarray,
    gallery_labels: np.ndarray,
) -> np.ndarray:
    """Return (Q, G) bool: whether the photo at each rank has the query's label.

    Rank 0 is the closest; ties keep the order of the gallery.
    """
    order = np.argsort(distances(queries, gallery), axis=1, kind="stable")
    return gallery_labels[order] == query_labels[:, None]


def relevance_of_others(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return `relevance` (N, N - 1) of every photo among all the others."""
    apart = distances(vectors, vectors)
    np.fill_diagonal(apart, -np.inf)  # each photo ranks first in its row: cut it off
    order = np.argsort(apart, axis=1, kind="stable")[:, 1:]
    return labels[order] == labels[:, None]


def recall_at(k: int, relevant: np.ndarray) -> float:
    """Return the share of queries with a relevant photo in the first k, or nan."""
    return _mean(relevant[:, :k].max(axis=1, initial=False))


def precision_at(k: int, relevant: np.ndarray) -> float:
    """Return the mean share of relevant photos among the first k that exist."""
    if not relevant.shape[1]:
        return float("nan")
    return _mean(relevant[:, :k].mean(axis=1))


def average_precision(relevant: np.ndarray) -> np.ndarray:
    """(Q, G) bool -> (Q,) over the whole ranking; 0 if nothing is relevant."""
    ranks = np.arange(1, relevant.shape[1] + 1)
    precision = relevant.cumsum(axis=1) / ranks
    return (precision * relevant).sum(axis=1) / np.maximum(1, relevant.sum(axis=1))


def mean_average_precision(relevant: np.ndarray) -> float:
    """Return mAP over the queries for which anything is relevant."""
    return _mean(average_precision(relevant[relevant.any(axis=1)]))


def triplets_in_order(vectors: np.ndarray, triplets: Triplets) -> float:
    """Return the share in which the positive is strictly closer than the negative."""
    anchor, positive, negative = (vectors[i] for i in triplets)
    to_positive = (anchor * positive).sum(axis=1)
    to_negative = (anchor * negative).sum(axis=1)
    return _mean(to_positive > to_negative)


def random_triplets_in_order(
    vectors: np.ndarray, labels: np.ndarray, seed: int
) -> float:
    """Return `triplets_in_order` of 20,000 class-balanced triplets; nan if none."""
    try:
        sampler = TripletSampler(labels)
    except ValueError:
        return float("nan")
    triplets = sampler.draw(RANDOM_TRIPLETS, np.random.default_rng(seed))
    return triplets_in_order(vectors, triplets)


def mean_similarity(vectors: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return the mean cosine of pairs within a category and between categories.

    A photo is not paired with itself; a mean without pairs is nan.
    """
    # The sum of all dot products of a group is the squared length of its sum.
    vectors = vectors.astype(np.float64)
    own = (vectors**2).sum()
    members = [vectors[labels == label] for label in np.unique(labels)]
    inside = sum((group.sum(axis=0) ** 2).sum() for group in members) - own
    inside_pairs = sum(len(group) * (len(group) - 1) for group in members)
    whole = (vectors.sum(axis=0) ** 2).sum() - own
    between_pairs = len(vectors) * (len(vectors) - 1) - inside_pairs
    return _ratio(inside, inside_pairs), _ratio(whole - inside, between_pairs)


def retrieval(relevant: np.ndarray, ks: Iterable[int] = (1, 5, 10)) -> dict[str, float]:
    return {
        **{f"recall@{k}": recall_at(k, relevant) for k in ks},
        "precision@10": precision_at(10, relevant),
        "mAP": mean_average_precision(relevant),
    }


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(total: float, count: int) -> float:
    return float(total / count) if count else float("nan")
