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
from ml.measure import metrics
from ml.measure.bands import Shown, as_json, calibrate
from ml.measure.gallery import EmbeddedSplit, embed, embed_views
from ml.measure.labels import Notes
from ml.measure.parts import calibrate_parts, named_colours
from ml.measure.photo_edits import edited_view
from ml.recipes import Recipe
from ml.serving.networks import Network


def make_encoder_info(
    *,
    network: Network,
    recipe: Recipe,
    notes: Notes,
    splits: Mapping[str, Sequence[PhotoFile]],
    photos: Mapping[str, Photos],
    command: str,
    known: Mapping[str, Any],
) -> dict[str, Any]:
    """Measure the encoder on the given splits and calibrate its bands.

    `known` is what was said of it before; bands of its parts and colours that these
    photos have no labels for are taken from there.
    """
    categories = sorted({item.category for item in splits["train"]})
    embedded = {
        name: embed(network, [*splits[name]], categories, name) for name in photos
    }
    shown = {
        name: Shown(split.vectors, notes.labels(split.items, split.garments))
        for name, split in embedded.items()
    }
    bands, calibration = _bands(network, embedded["validation"], shown, recipe)
    found = {
        "recipe": asdict(recipe),
        "seed": recipe.seed,
        "command": command,
        "data": describe_data(notes.data, splits, photos),
        "metrics": _figures(embedded, recipe.seed),
        "bands": bands,
        "calibration": calibration,
    }
    if parts := known.get("parts"):
        measured = {
            "part_bands": calibrate_parts(parts, shown["validation"], shown["train"]),
            "colours": named_colours(parts, shown["train"], recipe.seed),
        }
        found |= {key: value or known.get(key, {}) for key, value in measured.items()}
    return {**known, **found}


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
    splits: Mapping[str, EmbeddedSplit], seed: int
) -> dict[str, dict[str, float | None]]:
    return {
        name: _figures_of(name, splits, seed)
        for name, split in splits.items()
        if len(split)
    }


def _figures_of(
    name: str, splits: Mapping[str, EmbeddedSplit], seed: int
) -> dict[str, float | None]:
    split, train = splits[name], splits["train"]
    in_order = metrics.random_triplets_in_order(split.vectors, split.labels, seed)
    figures = {"triplets_in_order": in_order}
    if name != "train":  # queries of another split against the train gallery
        figures |= metrics.retrieval(
            metrics.relevance(split.vectors, split.labels, train.vectors, train.labels)
        )
    # JSON has no nan.
    return {key: round(v, 4) if np.isfinite(v) else None for key, v in figures.items()}


def _bands(
    network: Network,
    photos: EmbeddedSplit,
    shown: Mapping[str, Shown],
    recipe: Recipe,
) -> tuple[list[list], list[dict]]:
    if len(photos) < 2:
        return [], []
    views = embed_views(network, photos.items, edited_view, recipe.seed, "edited views")
    return as_json(calibrate(shown["validation"], views, shown["train"]))


def _hash_of_photos(items: Sequence[PhotoFile]) -> str:
    """Hash categories and contents; file names do not count."""
    lines = sorted(f"{item.category} {photo_digest(item.path)}" for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
