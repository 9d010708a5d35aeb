"""How alike the first results look, as a shopper would grade them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml.encoder import Encoder
from ml.finder.drawn import PICTURES
from ml.measure.bands import Shown
from ml.measure.cutout import bare_ground
from ml.measure.gallery import EmbeddedSplit, embed_views
from ml.measure.labels import agreements, grades
from ml.measure.metrics import distances
from ml.measure.photo_edits import PLACED
from ml.preprocess import read_photo

FIRST = 8  # results on a phone's screen
EVERY = 2  # photos with a changed view
EMPTY = 50  # pictures of each kind without a garment
EMPTY_SIDE = 320  # pixels


def first_results(queries: Shown, gallery: Shown) -> dict[str, Any]:
    """Return shares of the first 8 that agree and their grade, 0 to 3.

    Beside each what photos of the category drawn at random have, and the best that
    this gallery allows.
    """
    asked, shown = _known(queries), _known(gallery)
    if not len(asked.vectors) or not len(shown.vectors):
        return {}
    same = agreements(asked.labels, shown.labels)
    closest = _first(distances(asked.vectors, shown.vectors))
    figures: dict[str, Any] = {"queries": len(asked.vectors)}
    for name, values in grades(same).items():
        inside = np.where(same["category"], values, 0).sum(axis=1)
        among = np.maximum(1, same["category"].sum(axis=1))
        best = -np.sort(-values.astype(float), axis=1)[:, :FIRST]
        figures[name] = {
            "first 8": float(np.take_along_axis(values, closest, axis=1).mean()),
            "chance": float((inside / among).mean()),
            "best": float(best.mean()),
        }
    return figures


def band_grades(
    queries: Shown, gallery: Shown, bands: list[tuple[str, float]]
) -> dict[str, Any]:
    """Return the grade of the first 8 that are called very similar."""
    limits = dict(bands)
    asked, shown = _known(queries), _known(gallery)
    if "very similar" not in limits or not len(asked.vectors):
        return {}
    apart = distances(asked.vectors, shown.vectors)
    values = grades(agreements(asked.labels, shown.labels))["grade"]
    closest = _first(apart)
    inside = np.take_along_axis(apart, closest, axis=1)
    inside = (inside <= limits["very similar"]) & (inside > limits.get("same item", -1))
    graded = np.take_along_axis(values, closest, axis=1)[inside]
    nothing = float("nan")
    return {
        "grade": float(graded.mean()) if len(graded) else nothing,
        "graded 1 or less": float((graded <= 1).mean()) if len(graded) else nothing,
        "of the first 8": float(inside.sum(axis=1).mean()),
    }


def kept_results(
    encoder: Encoder, queries: EmbeddedSplit, gallery: EmbeddedSplit
) -> dict[str, dict[str, float]]:
    """Return how many of the first 8 stay when the photo is taken otherwise."""
    items = queries.items[::EVERY]
    before = _first(distances(queries.vectors[::EVERY], gallery.vectors))
    labels = queries.labels[::EVERY]
    found = {}
    for name, view in PLACED.items():
        views = embed_views(encoder, items, view, 0, name)
        after = _first(distances(views, gallery.vectors))
        both = [len(set(a) & set(b)) for a, b in zip(before, after, strict=True)]
        right = gallery.labels[after] == labels[:, None]
        found[name] = {
            "kept": float(np.mean(both)) / before.shape[1],
            "right category": float(right.mean()),
        }
    return found


def without_garment(
    encoder: Encoder, photos: EmbeddedSplit, gallery: EmbeddedSplit
) -> dict[str, float]:
    """Return the share of pictures without a garment that get any product.

    Bare grounds are parts of `photos`.
    """
    limit = dict(encoder.bands).get("similar", 2.0)
    pictures = {
        name: [picture(_rng(number), EMPTY_SIDE) for number in range(EMPTY)]
        for name, picture in PICTURES.items()
    }
    pictures["bare ground"] = _grounds([file.path for file in photos.items])
    return {
        name: float(np.mean([_answers(encoder, x, gallery, limit) for x in some]))
        for name, some in pictures.items()
        if some
    }


def _grounds(files: list[Path]) -> list[Image.Image]:
    photos = (read_photo(file, max_side=EMPTY_SIDE) for file in files)
    grounds = (ground for photo in photos if (ground := bare_ground(photo)))
    return list(islice(grounds, EMPTY))


def _rng(number: int) -> np.random.Generator:
    return np.random.default_rng([77, number])


def _answers(
    encoder: Encoder, image: Image.Image, gallery: EmbeddedSplit, limit: float
) -> bool:
    _, vectors = encoder.encode_garments(image)
    return bool((distances(vectors, gallery.vectors) <= limit).any())


def _known(shown: Shown) -> Shown:
    rows = np.flatnonzero(shown.labels.known)
    return Shown(shown.vectors[rows], shown.labels.of(rows))


def _first(apart: np.ndarray) -> np.ndarray:
    return np.argsort(apart, axis=1, kind="stable")[:, :FIRST]
