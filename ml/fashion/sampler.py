"""Random batches of photo pairs, balanced by category."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ViewPairs(NamedTuple):
    """Two views of each of N photos: 2N int64 indices, all first views first."""

    photos: np.ndarray  # indices of photos
    views: np.ndarray  # which view of the photo


class PairSampler:
    """Draw the same number of photos of each category, and two views of each.

    The second view may show another photo of the same product. With many categories
    each batch draws only some of them, so that each has a few photos in it. `labels`
    and `instances` are (N,) integers, N >= 1.
    """

    MIN_PHOTOS = 5  # of a category in a batch, if the batch is large enough

    def __init__(self, labels: np.ndarray, instances: np.ndarray) -> None:
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
        """Return pairs of about `count` photos, each with `views` >= 2 views."""
        most = max(1, min(len(self._categories), count // self.MIN_PHOTOS))
        chosen = rng.permutation(len(self._categories))[:most]
        each = max(1, count // most)
        photos = np.concatenate(
            [_some(self._categories[k], each, rng) for k in np.sort(chosen)]
        )
        place = self._starts[photos] + rng.integers(self._counts[photos])
        first = rng.integers(views, size=len(photos))
        # The second view must differ from the first, or a pair could be equal.
        second = (first + 1 + rng.integers(views - 1, size=len(photos))) % views
        return ViewPairs(
            np.concatenate([photos, self._order[place]]),
            np.concatenate([first, second]),
        )


def _some(members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    # Repeat a photo only if there are fewer than `count`.
    return rng.choice(members, count, replace=len(members) < count)
