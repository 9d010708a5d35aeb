"""Draw the batches of the recipe `fashion` from photos and their views."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ml.backend import tf
from ml.conversion import convert_to_onnx, weights_hash
from ml.dataset import Photos, photo_digest
from ml.fashion.frozen_views import Views, frozen_part, make_views, views_of_each
from ml.fashion.network import Parts, frozen_model
from ml.fashion.sampler import PairSampler
from ml.recipes import FashionRecipe


class ViewBatch(NamedTuple):
    """Hold 2N views of N photos as tensors, one row for each view."""

    activations: tf.Tensor  # (2N, height, width, channels) float16
    textures: tf.Tensor  # (2N, F) float16
    teacher: tf.Tensor  # (2N, F) float16, unit length
    labels: tf.Tensor  # (2N,) int64
    instances: tf.Tensor  # (2N,) int64


@dataclass(frozen=True)
class ViewSource:
    photos: Photos
    views: Views
    rows: np.ndarray  # (N,) the photos' indices in `views`
    teacher: np.ndarray  # (N, F) float16, unit length: vectors of the untrained network

    def draw(self, recipe: FashionRecipe, stream: list[int]) -> ViewBatch:
        """Return the batch of this random stream, the same on every call."""
        rng = np.random.default_rng([recipe.seed, *stream])
        sampler = PairSampler(self.photos.labels, self.photos.instances)
        photos, views = sampler.draw(recipe.batch, self.views.each, rng)
        rows = self.rows[photos]
        return ViewBatch(
            tf.constant(self.views.activations[rows, views]),
            tf.constant(self.views.textures[rows, views]),
            tf.constant(self.teacher[photos]),
            tf.constant(self.photos.labels[photos]),
            tf.constant(self.photos.instances[photos]),
        )


def make_sources(
    parts: Parts,
    recipe: FashionRecipe,
    photos: Mapping[str, Photos],
    leave_out: Sequence[str],
    scratch: Path,
    kept: Path,
) -> list[ViewSource]:
    convert_to_onnx(frozen_model(parts), scratch / "frozen.onnx")
    frozen = frozen_part(scratch / "frozen.onnx")
    sources = []
    for name in ("train", "validation"):
        split = photos[name]
        each = views_of_each(recipe.views, len(split)) if name == "train" else 2
        # The heads do not count: trainings that differ only in them share views.
        weights = [weights_hash(parts.lower), weights_hash(parts.upper)]
        settings = (recipe.input_size, each, recipe.other_grounds, recipe.seed)
        key = digest(weights, contents_of(split), *settings)
        views = make_views(
            frozen,
            split.paths,
            size=recipe.input_size,
            each=each,
            other_grounds=recipe.other_grounds,
            seed=recipe.seed,
            folder=kept / key,
            words=name,
        )
        rows = split.rows_without(leave_out)
        sources.append(make_source(split.without(leave_out), views, rows))
    return sources


def make_source(photos: Photos, views: Views, rows: np.ndarray) -> ViewSource:
    # What all photos have in common says nothing about any of them.
    layouts = views.layout[rows, 0].reshape(len(rows), -1).astype(np.float32)
    if len(layouts):
        layouts -= layouts.mean(axis=0)
    lengths = np.linalg.norm(layouts, axis=1, keepdims=True)
    teacher = (layouts / np.maximum(lengths, 1e-6)).astype(np.float16)
    return ViewSource(photos, views, rows, teacher)


def contents_of(photos: Photos) -> list[list[str]]:
    # Moving the photos to another folder must not change the result.
    names = [photos.categories[label] for label in photos.labels]
    digests = [photo_digest(path) for path in photos.paths]
    return [list(pair) for pair in zip(names, digests, strict=True)]


def digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
