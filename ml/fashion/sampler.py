"""Draw random batches of photo pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BESIDE = 0.4  # share of the photos beside which another one of the same sender is put


class ViewPairs(NamedTuple):
    """Two views of each of N photos: 2N int64 indices, all first views first."""

    photos: np.ndarray  # indices of photos
    views: np.ndarray  # which view of the photo


class PairSampler:
    """Draw photos at random, and two views of each.

    Photos of one category and one sender, who photographs in one room, come together:
    telling them apart teaches the network to ignore the room. The second view may show
    another photo of the same product. `labels`, `instances` and `senders` are (N,)
    integers, N >= 1; a sender below 0 is not known.
    """

    def __init__(
        self, labels: np.ndarray, instances: np.ndarray, senders: np.ndarray
    ) -> None:
        if not len(labels):
            raise ValueError("pairs need a photo")
        rooms = np.stack([labels, senders], axis=1)
        _, room = np.unique(rooms, axis=0, return_inverse=True)
        alone = room.max() + 1 + np.arange(len(labels))
        self._rooms = _Groups(np.where(senders < 0, alone, room.ravel()))
        self._products = _Groups(instances)
        self._count = len(labels)

    def draw(self, count: int, views: int, rng: np.random.Generator) -> ViewPairs:
        """Return pairs of `count` photos, each with `views` >= 2 views."""
        photos = rng.permutation(self._count)[:count]
        beside = self._rooms.another(photos, rng)
        few = rng.random(len(photos)) < BESIDE
        first = np.unique(np.concatenate([photos, beside[few]]))
        first = rng.permutation(first)[:count]
        view = rng.integers(views, size=len(first))
        # The second view must differ from the first, or a pair could be equal.
        other = (view + 1 + rng.integers(views - 1, size=len(first))) % views
        second = self._products.another(first, rng)
        return ViewPairs(np.concatenate([first, second]), np.concatenate([view, other]))


class _Groups:
    """Rows by the group they are in."""

    def __init__(self, groups: np.ndarray) -> None:
        self._order = np.argsort(groups, kind="stable")
        _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
        self._counts = counts[inverse]
        self._starts = (counts.cumsum() - counts)[inverse]

    def another(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a random row of the group of each row, perhaps the same one."""
        return self._order[self._starts[rows] + rng.integers(self._counts[rows])]
