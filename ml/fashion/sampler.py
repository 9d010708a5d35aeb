"""Random batches of photo pairs, balanced by category."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ViewPairs(NamedTuple):
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

    def draw(self, count: int, views: int, rng: np.random.Generator) -> ViewPairs:
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
        return ViewPairs(
            np.concatenate([photos, self._order[place]]),
            np.concatenate([first, second]),
        )


def _some(members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """All different where there are as many."""
    return rng.choice(members, count, replace=len(members) < count)
