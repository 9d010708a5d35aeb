"""The part of encoder.json that describes a training: data, figures and bands."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ml.dataset import PhotoFile, Photos, photo_digest
from ml.encoder import Forward
from ml.measure import metrics
from ml.measure.bands import as_json, calibrate
from ml.measure.photo_edits import edited_view
from ml.preprocess import read_photo, to_input
from ml.recipes import Recipe


def make_encoder_info(
    *,
    encode: Forward,
    recipe: Recipe,
    data: Path,
    splits: Mapping[str, Sequence[PhotoFile]],
    photos: Mapping[str, Photos],
    command: str,
) -> dict[str, Any]:
    """Measure the encoder on the given splits and calibrate its bands."""
    vectors = {name: encode(split.pixels) for name, split in photos.items()}
    bands, calibration = _bands(encode, photos["validation"], vectors, recipe)
    return {
        "recipe": asdict(recipe),
        "seed": recipe.seed,
        "command": command,
        "data": describe_data(data, splits, photos),
        "metrics": {
            name: _figures(name, photos, vectors, recipe.seed)
            for name in photos
            if len(photos[name])
        },
        "bands": bands,
        "calibration": calibration,
    }


def describe_data(
    data: Path, splits: Mapping[str, Sequence[PhotoFile]], photos: Mapping[str, Photos]
) -> dict[str, Any]:
    """Describe the photos by counts and hashes, without paths of this machine."""
    return {
        "name": data.resolve().name,
        "photos": {name: len(items) for name, items in splits.items()},
        "unreadable": {name: len(split.skipped) for name, split in photos.items()},
        "train_categories": dict(Counter(item.category for item in splits["train"])),
        "sha256": {name: _hash_of_photos(items) for name, items in splits.items()},
    }


def _figures(
    name: str,
    photos: Mapping[str, Photos],
    vectors: Mapping[str, np.ndarray],
    seed: int,
) -> dict[str, float | None]:
    labels = photos[name].labels
    in_order = metrics.random_triplets_in_order(vectors[name], labels, seed)
    figures = {"triplets_in_order": in_order}
    if name != "train":  # queries of another split against the train gallery
        figures |= metrics.retrieval(
            metrics.relevance(
                vectors[name], labels, vectors["train"], photos["train"].labels
            )
        )
    # JSON has no nan.
    return {key: round(v, 4) if np.isfinite(v) else None for key, v in figures.items()}


def _bands(
    encode: Forward, photos: Photos, vectors: Mapping[str, np.ndarray], recipe: Recipe
) -> tuple[list[list], list[dict]]:
    if len(photos) < 2:
        return [], []
    rng = np.random.default_rng(recipe.seed)
    size = recipe.input_size
    views = [
        to_input(edited_view(read_photo(path, max_side=2 * size), rng), size)
        for path in photos.paths
    ]
    calibrated = calibrate(
        vectors["validation"], photos.labels, encode(np.stack(views)), vectors["train"]
    )
    return as_json(calibrated)


def _hash_of_photos(items: Sequence[PhotoFile]) -> str:
    """Hash categories and contents; file names do not count."""
    lines = sorted(f"{item.category} {photo_digest(item.path)}" for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
