"""Fit what is read from vectors to labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from ml.serving.attributes import NEVER, Head, lengthen_rows, looks_of

PRECISION = 0.9  # of a name that is sure
INVERSE_PENALTY = 3.0  # chosen on validation photos
UNSURE_WEIGHT = 0.5  # of a photo that the labellers doubted
WORD_PENALTY = 10.0  # of the ridge: so many photos at the mean
LIMIT_PERCENTILE = 15


def fit_head(vectors: np.ndarray, names: np.ndarray, sure: np.ndarray) -> Head:
    """Fit (N, D) vectors to (N,) names; those that are empty do not count."""
    known = names != ""
    weights = np.where(sure, 1.0, UNSURE_WEIGHT)
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=3000)
    model.fit(vectors[known], names[known], sample_weight=weights[known])
    table = np.vstack([model.coef_.T, model.intercept_]).astype(np.float32)
    classes = tuple(map(str, model.classes_))
    return Head(classes, table, np.full(len(classes), NEVER))


def limit_head(
    head: Head, vectors: np.ndarray, names: np.ndarray, plain: str = ""
) -> Head:
    """Return the head with limits from which names are right, on photos of their own.

    One limit is chosen for all names but `plain`, and a higher one where a name alone
    is not right often enough.
    """
    seen = head.probabilities(vectors)
    best, most = seen.argmax(axis=1), seen.max(axis=1)
    guessed = np.array(head.names)[best]
    right = guessed == names
    common = least_limit(most[guessed != plain], right[guessed != plain])
    limits = []
    for name in head.names:
        own = guessed == name
        # Nothing to judge by: trust the limit of all.
        alone = least_limit(most[own], right[own]) if own.any() else common
        limits.append(max(alone, 0.0 if name == plain else common))
    return Head(head.names, head.weights, np.array(limits))


def least_limit(probabilities: np.ndarray, right: np.ndarray) -> float:
    """Return the lowest limit at which PRECISION of the names are right."""
    order = np.argsort(-probabilities, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(precision >= PRECISION)
    return float(probabilities[order[reached[-1]]]) if len(reached) else NEVER


def fit_words(
    vectors: np.ndarray, texts: Sequence[set[str]]
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return words, their (words, D) rows and the mean of (N, D) vectors.

    The sum of the rows of a text's words comes near to what is seen, from the mean.
    """
    words = tuple(sorted({word for text in texts for word in text}))
    number = {word: n for n, word in enumerate(words)}
    bags = np.zeros((len(texts), len(words)), np.float32)
    for row, text in zip(bags, texts, strict=True):
        row[[number[word] for word in text]] = 1
    mean = vectors.mean(axis=0)
    penalty = WORD_PENALTY * np.eye(len(words), dtype=np.float32)
    rows = np.linalg.solve(bags.T @ bags + penalty, bags.T @ (vectors - mean))
    return words, lengthen_rows(rows), mean


def word_limit(
    vectors: np.ndarray,
    texts: Sequence[set[str]],
    rows: Mapping[str, np.ndarray],
    mean: np.ndarray,
) -> float:
    """Return the share of the score that words promise which most photos have.

    Each photo is asked by each of its words, and by all of them.
    """
    shares = []
    for vector, text in zip(vectors, texts, strict=True):
        known = [rows[word] for word in sorted(text) if word in rows]
        for asked in [*([row] for row in known), known]:
            looks, promised = looks_of(np.array(asked))
            shares.append(float((vector - mean) @ looks) / promised)
    return float(np.percentile(shares, LIMIT_PERCENTILE))
