"""What encoder.json says of a training: its data, its figures, its bands."""

from __future__ import annotations

import hashlib
import os
import shlex
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
from ml.triplets.sampler import TripletSampler

TRIPLETS = 20_000


def make_encoder_info(
    *,
    encode: Forward,
    recipe: Recipe,
    data: Path,
    splits: Mapping[str, Sequence[PhotoFile]],
    photos: Mapping[str, Photos],
    command: str,
) -> dict[str, Any]:
    """Measure on the photos given: train, validation and, if it is there, test."""
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
    """Names no path of this machine; the hash says whether it is the same photos."""
    return {
        "name": data.resolve().name,
        "photos": {name: len(items) for name, items in splits.items()},
        "unreadable": {name: len(split.skipped) for name, split in photos.items()},
        "train_categories": dict(Counter(item.category for item in splits["train"])),
        "sha256": {name: _hash_of_photos(items) for name, items in splits.items()},
    }


def command_line(module: str, arguments: Sequence[str]) -> str:
    """The command as typed, but for absolute paths: they belong to one machine."""
    words = [_portable(word) for word in arguments]
    return shlex.join(["python", "-m", module, *words])


def _portable(word: str) -> str:
    """An absolute path relative to the current folder; its name if far from it."""
    if not Path(word).is_absolute():
        return word
    relative = os.path.relpath(word)
    return Path(word).name if relative.startswith("../..") else relative


def triplets_in_order(vectors: np.ndarray, labels: np.ndarray, seed: int) -> float:
    """On 20,000 random triplets, every category of the same weight; nan if none."""
    try:
        sampler = TripletSampler(labels)
    except ValueError:
        return float("nan")
    triplets = sampler.draw(TRIPLETS, np.random.default_rng(seed))
    return metrics.triplets_in_order(vectors, triplets)


def _figures(
    name: str,
    photos: Mapping[str, Photos],
    vectors: Mapping[str, np.ndarray],
    seed: int,
) -> dict[str, float | None]:
    labels = photos[name].labels
    figures = {"triplets_in_order": triplets_in_order(vectors[name], labels, seed)}
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
    found = calibrate(
        vectors["validation"], photos.labels, encode(np.stack(views)), vectors["train"]
    )
    return as_json(found)


def _hash_of_photos(items: Sequence[PhotoFile]) -> str:
    """Of categories and contents; file names do not count."""
    lines = sorted(f"{item.category} {photo_digest(item.path)}" for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
