"""Draw the batches of the recipe `fashion` from photos and their views."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ml.backend import tf
from ml.dataset import Photos, photo_digest
from ml.fashion.frozen_views import Views
from ml.fashion.sampler import PairSampler
from ml.fashion.targets import Targets
from ml.recipes import FashionRecipe

UNMIXED = 0.95  # share of a photo from which on its mask stays its own


class ViewBatch(NamedTuple):
    """Hold 2N views of N photos as tensors, one row for each view."""

    activations: tf.Tensor  # (2N, height, width, channels) float32
    weights: tf.Tensor  # (2N, height, width, 1) float32
    colours: tf.Tensor  # (2N, shades) float32
    instances: tf.Tensor  # (2N,) int64
    shares: dict[str, tf.Tensor]  # of each head, (2N, K) float32
    label_weights: dict[str, tf.Tensor]  # (2N,) float32


@dataclass(frozen=True)
class ViewSource:
    photos: Photos
    views: Views
    rows: np.ndarray  # (N,) the photos' indices in `views`
    senders: np.ndarray  # (N,) int64, below 0 where not known
    targets: Mapping[str, Targets]

    @cached_property
    def _sampler(self) -> PairSampler:
        return PairSampler(self.photos.labels, self.photos.instances, self.senders)

    def draw(
        self, recipe: FashionRecipe, stream: list[int], mixing: float = 0.0
    ) -> ViewBatch:
        """Return the batch of this random stream, the same on every call."""
        rng = np.random.default_rng([recipe.seed, *stream])
        photos, views = self._sampler.draw(recipe.batch, self.views.each, rng)
        rows = self.rows[photos]
        activations, weights, colours = (
            array[rows, views].astype(np.float32) for array in self.views.arrays
        )
        kept = _kept_shares(len(photos), mixing, rng)
        other = rng.permutation(len(photos))
        activations, weights = _mixed(activations, weights, kept, other)
        shares, sureness = {}, {}
        for name, targets in self.targets.items():
            mine, sure = targets.shares[photos], targets.weights[photos]
            if name != "colour":  # the colours of a view are not mixed
                mine = mine * kept[:, None] + mine[other] * (1 - kept)[:, None]
                sure = sure * kept + sure[other] * (1 - kept)
            shares[name], sureness[name] = tf.constant(mine), tf.constant(sure)
        return ViewBatch(
            tf.constant(activations),
            tf.constant(weights),
            tf.constant(colours),
            tf.constant(self.photos.instances[photos]),
            shares,
            sureness,
        )


def _kept_shares(count: int, mixing: float, rng: np.random.Generator) -> np.ndarray:
    """Return how much of each photo stays: all of it in half of the cases."""
    kept = np.ones(count, np.float32)
    if mixing:
        share = rng.beta(mixing, mixing, count)
        mixed = rng.random(count) < 0.5
        kept[mixed] = np.maximum(share, 1 - share)[mixed]
    return kept


def _mixed(
    activations: np.ndarray, weights: np.ndarray, kept: np.ndarray, other: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    # mixup (Zhang et al. 2018) of what the frozen blocks give.
    part = kept[:, None, None, None]
    mixed = activations * part + activations[other] * (1 - part)
    theirs = weights[other] * (part < UNMIXED)
    return mixed, np.maximum(weights, theirs)


def contents_of(photos: Photos) -> list[list[str]]:
    # Moving the photos to another folder must not change the result.
    names = [photos.categories[label] for label in photos.labels]
    digests = [photo_digest(path) for path in photos.paths]
    return [list(pair) for pair in zip(names, digests, strict=True)]


def digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
