"""Fixtures: steps that run eagerly, and views of drawn photos."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ml.backend import tf
from ml.dataset import Photos, load_splits, read_splits
from ml.fashion import step
from ml.fashion.batches import ViewSource
from ml.fashion.frozen_views import make_views
from ml.fashion.targets import Targets
from ml.fashion.tests.small import SIZES, SMALL, tiny_maker, tiny_parts
from ml.tests.drawn import write_dataset


@pytest.fixture(scope="module")
def eager() -> Iterator[None]:
    """Run training steps eagerly: tracing takes longer than a few small steps."""
    tf.config.run_functions_eagerly(True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "VALIDATION_BATCHES", 1)
        # Of a few photos seen by random weights, whitening keeps rounding alone.
        patch.setattr("ml.fashion.readout.NOISE", 9.0)
        patch.setattr("ml.conversion.LEAST_COSINE", 0.99)
        yield
    tf.config.run_functions_eagerly(False)


def source_of(photos: Photos, folder: Path) -> ViewSource:
    views = make_views(
        tiny_maker(tiny_parts()), photos.paths, SMALL.views, folder, "photos"
    )
    rng = np.random.default_rng(3)
    count = len(photos)
    places = {
        "category": photos.labels,
        "kind": rng.integers(4, size=count),
        "colour": rng.integers(5, size=count),
    }
    targets = {
        name: Targets(
            np.eye(SIZES[name], dtype=np.float32)[places[name]],
            np.ones(count, np.float32),
        )
        for name in SIZES
    }
    senders = np.full(count, -1)
    return ViewSource(photos, views, np.arange(count), senders, targets)


@pytest.fixture(scope="module")
def sources(eager: None, tmp_path_factory: pytest.TempPathFactory) -> list[ViewSource]:
    data = write_dataset(tmp_path_factory.mktemp("fashion") / "data")
    photos = load_splits(read_splits(data), ["train", "validation"], 0)
    return [
        source_of(split, tmp_path_factory.mktemp("views")) for split in photos.values()
    ]
