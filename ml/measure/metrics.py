"""How good vectors are, in NumPy: retrieval, triplets, similarity.

Vectors are (N, D) float32 of unit length, labels (N,) integers. Distance is cosine
distance, 0..2, lower is closer.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ml.triplets.sampler import Triplets


def distances(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """(Q, D), (G, D) -> (Q, G) cosine distances."""
    return 1.0 - queries @ gallery.T


def relevance(
    queries: np.ndarray,
    query_labels: np.ndarray,
    gallery: np.ndarray,
    gallery_labels: np.ndarray,
) -> np.ndarray:
    """(Q, G) bool: is the photo at each rank, closest first, of the query's label?

    Photos at the same distance keep the order of the gallery.
    """
    order = np.argsort(distances(queries, gallery), axis=1, kind="stable")
    return gallery_labels[order] == query_labels[:, None]


def relevance_of_others(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N, N - 1) bool: `relevance` of every photo among all the others."""
    found = distances(vectors, vectors)
    np.fill_diagonal(found, -np.inf)  # first in its own row, to be cut off
    order = np.argsort(found, axis=1, kind="stable")[:, 1:]
    return labels[order] == labels[:, None]


def recall_at(k: int, relevant: np.ndarray) -> float:
    """Share of queries with a right photo among the first k; nan without queries."""
    return _mean(relevant[:, :k].max(axis=1, initial=False))


def precision_at(k: int, relevant: np.ndarray) -> float:
    """Mean share of right photos among the first k (fewer where fewer exist)."""
    if not relevant.shape[1]:
        return float("nan")
    return _mean(relevant[:, :k].mean(axis=1))


def average_precision(relevant: np.ndarray) -> np.ndarray:
    """(Q, G) bool -> (Q,) over the whole ranking; 0 where there is nothing to find."""
    ranks = np.arange(1, relevant.shape[1] + 1)
    precision = relevant.cumsum(axis=1) / ranks
    return (precision * relevant).sum(axis=1) / np.maximum(1, relevant.sum(axis=1))


def mean_average_precision(relevant: np.ndarray) -> float:
    """mAP of the queries that have anything to find."""
    return _mean(average_precision(relevant[relevant.any(axis=1)]))


def triplets_in_order(vectors: np.ndarray, triplets: Triplets) -> float:
    """Share in which the positive is closer than the negative; a tie is not."""
    anchor, positive, negative = (vectors[i] for i in triplets)
    to_positive = (anchor * positive).sum(axis=1)
    to_negative = (anchor * negative).sum(axis=1)
    return _mean(to_positive > to_negative)


def mean_similarity(vectors: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Mean cosine of pairs (inside one category, between two), no photo with itself.

    A part without pairs is nan.
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
    """The usual figures of a ranking, by name."""
    return {
        **{f"recall@{k}": recall_at(k, relevant) for k in ks},
        "precision@10": precision_at(10, relevant),
        "mAP": mean_average_precision(relevant),
    }


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(total: float, count: int) -> float:
    return float(total / count) if count else float("nan")
