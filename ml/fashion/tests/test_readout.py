"""Read the named parts of a vector off a small network."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ml.backend import keras, tf
from ml.fashion.batches import ViewSource
from ml.fashion.network import (
    Parts,
    build_heads,
    readable,
)
from ml.fashion.readout import build_readout, fit_readout
from ml.fashion.tests.small import SMALL, WARNINGS, tiny_parts

pytestmark = [*WARNINGS, pytest.mark.usefixtures("eager")]


def outputs(parts: Parts, source: ViewSource) -> tuple:
    arrays = [tf.constant(a[:, 0], tf.float32) for a in source.views.arrays]
    features = parts.upper(arrays[:2])
    return features, arrays[2], parts.heads([features, arrays[2]])


def test_a_cosine_is_the_weighted_mean_of_the_parts(sources):
    parts, (train_source, _) = tiny_parts(), sources
    labels = train_source.photos.labels
    arguments = (train_source.views, train_source.rows, labels, SMALL)
    readout, described = fit_readout(parts, *arguments)
    vectors = readout(readable(*outputs(parts, train_source))).numpy()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert list(described) == ["category", "kind", "colour", "appearance"]
    start = 0
    for part in described.values():
        assert part["start"] == start
        start = part["stop"]
        lengths = np.linalg.norm(vectors[:, part["start"] : start], axis=1)
        assert lengths**2 == pytest.approx(part["weight"], abs=1e-4)
    assert start == SMALL.dimension
    weights = [part["weight"] for part in described.values()]
    assert sum(weights) == pytest.approx(1, abs=1e-5)


def test_the_category_part_compares_the_shares_of_names(sources):
    """Its cosine is the Bhattacharyya coefficient, worked out by hand."""
    parts, (train_source, _) = tiny_parts(), sources
    labels = train_source.photos.labels
    readout, described = fit_readout(
        parts, train_source.views, train_source.rows, labels, SMALL
    )
    seen = outputs(parts, train_source)
    part = described["category"]
    numbers = readout(readable(*seen)).numpy()[:, part["start"] : part["stop"]]
    logits = seen[2]["category"].numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = part["weight"] * np.sqrt(shares) @ np.sqrt(shares).T
    assert numbers @ numbers.T == pytest.approx(expected, abs=1e-4)


def test_a_network_without_labels_has_colour_and_appearance_beside_category():
    parts = tiny_parts()
    alone = dataclasses.replace(parts, heads=_heads(parts, {"category": 3}))
    _, _, described = build_readout(alone, SMALL)
    assert list(described) == ["category", "colour", "appearance"]


def _heads(parts: Parts, sizes: dict[str, int]) -> keras.Model:
    return build_heads(SMALL, parts.lower, parts.upper, sizes)
