"""Triplets drawn on the fly: positive of the anchor's category, negative not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Triplets(NamedTuple):
    """Indices of photos, three arrays (N,) int64."""

    anchor: np.ndarray
    positive: np.ndarray
    negative: np.ndarray


class TripletSampler:
    """Draws random triplets in which every category has the same weight.

    Anchor category and negative category are drawn first, the photos within them
    after: with photos drawn at random the 795 T-shirts would be seen seven times
    as often as the 112 skirts.
    """

    def __init__(self, labels: np.ndarray) -> None:
        """`labels` (N,): at least two categories, two photos in one of them."""
        self._order = np.argsort(labels, kind="stable")
        _, self._starts, self._counts = np.unique(
            labels[self._order], return_index=True, return_counts=True
        )
        # A category of one photo gives negatives but no pair of anchor, positive.
        self._anchors = np.flatnonzero(self._counts >= 2)
        if len(self._counts) < 2 or not len(self._anchors):
            raise ValueError("triplets need two categories and a pair in one of them")

    def draw(self, count: int, rng: np.random.Generator) -> Triplets:
        category = self._anchors[rng.integers(len(self._anchors), size=count)]
        anchor = rng.integers(self._counts[category])
        # A step of 1..n-1 from the anchor, round the category: never the anchor.
        step = 1 + rng.integers(self._counts[category] - 1)
        positive = (anchor + step) % self._counts[category]
        # The same round the categories: never the anchor's.
        step = 1 + rng.integers(len(self._counts) - 1, size=count)
        other = (category + step) % len(self._counts)
        negative = rng.integers(self._counts[other])
        return Triplets(
            self._photo(category, anchor),
            self._photo(category, positive),
            self._photo(other, negative),
        )

    def _photo(self, category: np.ndarray, place: np.ndarray) -> np.ndarray:
        return self._order[self._starts[category] + place]


class Pairs(NamedTuple):
    """Two views of each of N photos: 2N places, first views first, all int64."""

    photos: np.ndarray  # indices of photos
    views: np.ndarray  # which view of the photo


class PairSampler:
    """Draws the same number of photos of each category, and two views of each.

    The second view may be of another photo of the same product. With many categories
    some are drawn for each batch, so that a category always has a few photos in it.
    """

    FEWEST = 5  # photos of a category in a batch, if the batch has room for them

    def __init__(self, labels: np.ndarray, instances: np.ndarray) -> None:
        """`labels`, `instances` (N,) integers, one or more photos."""
        if not len(labels):
            raise ValueError("pairs need a photo")
        self._categories = [np.flatnonzero(labels == k) for k in np.unique(labels)]
        self._order = np.argsort(instances, kind="stable")
        _, inverse, counts = np.unique(
            instances, return_inverse=True, return_counts=True
        )
        self._counts = counts[inverse]
        self._starts = (counts.cumsum() - counts)[inverse]

    def draw(self, count: int, views: int, rng: np.random.Generator) -> Pairs:
        """About `count` photos; `views`, of each photo, are 2 or more."""
        most = max(1, min(len(self._categories), count // self.FEWEST))
        chosen = rng.permutation(len(self._categories))[:most]
        each = max(1, count // most)
        photos = np.concatenate(
            [_some(self._categories[k], each, rng) for k in np.sort(chosen)]
        )
        place = self._starts[photos] + rng.integers(self._counts[photos])
        first = rng.integers(views, size=len(photos))
        # Never the view that stands first: of the same photo it would be a copy.
        second = (first + 1 + rng.integers(views - 1, size=len(photos))) % views
        return Pairs(
            np.concatenate([photos, self._order[place]]),
            np.concatenate([first, second]),
        )


def _some(members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """All different where there are as many."""
    return rng.choice(members, count, replace=len(members) < count)
