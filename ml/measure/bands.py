"""Distances a person can read: same item, very similar, similar.

Each band ends at the largest distance within which a stated share of pairs is
right, counted on photos the network has not been trained on. The shares belong to
that collection of photos; on another one they are a guide, not a promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ml.measure.metrics import distances


@dataclass(frozen=True)
class Band:
    """How one threshold came about; goes into encoder.json as it is."""

    name: str
    distance: float
    meaning: str
    target_precision: float
    precision: float | None  # reached; None where no pair came close enough
    found: float  # share of all right pairs within the distance


@dataclass(frozen=True)
class BandPairs:
    """What a band is judged on."""

    name: str
    target: float
    meaning: str
    distances: np.ndarray  # (P,)
    right: np.ndarray  # (P,) bool


def calibrate(
    vectors: np.ndarray, labels: np.ndarray, views: np.ndarray, others: np.ndarray
) -> list[Band]:
    """(N, D) photos, (N,) categories, (N, D) a view of each, (M, D) -> three bands.

    `others` are photos of a shop around them: the more there are, the more come
    close by chance, and "same item" has to hold among all of them.
    """
    return _ascending([_band(each) for each in _pairs(vectors, labels, views, others)])


def check(
    bands: Sequence[tuple[str, float]],
    vectors: np.ndarray,
    labels: np.ndarray,
    views: np.ndarray,
    others: np.ndarray,
) -> list[dict[str, Any]]:
    """What bands chosen elsewhere hold on these photos, by the same measure.

    `precision` is nan where no pair is within the distance.
    """
    limits = dict(bands)
    result: list[dict[str, Any]] = []
    for each in _pairs(vectors, labels, views, others):
        if each.name not in limits:
            continue
        hits = each.right[each.distances <= limits[each.name]]
        result.append(
            {
                "name": each.name,
                "distance": limits[each.name],
                "precision": float(hits.mean()) if len(hits) else float("nan"),
                "found": float(hits.sum() / max(1, each.right.sum())),
            }
        )
    return result


def _pairs(
    vectors: np.ndarray, labels: np.ndarray, views: np.ndarray, others: np.ndarray
) -> list[BandPairs]:
    gallery = np.concatenate([vectors, others])
    same_photo = np.eye(len(vectors), len(gallery), dtype=bool)
    pairs = np.triu_indices(len(vectors), k=1)
    between_photos = distances(vectors, vectors)[pairs]
    same_category = (labels[:, None] == labels[None, :])[pairs]
    meaning = "share of pairs within the distance that show the same category"
    return [
        BandPairs(
            "same item",
            0.9,
            "share of pairs (view, photo) within the distance that come from one "
            f"photo, among {len(gallery)} photos; view: crop of 80-95 % of each side, "
            "mirrored half of the time, contrast and brightness changed by up to 25 %",
            distances(views, gallery).ravel(),
            same_photo.ravel(),
        ),
        BandPairs("very similar", 0.95, meaning, between_photos, same_category),
        BandPairs("similar", 0.8, meaning, between_photos, same_category),
    ]


def threshold(
    pair_distances: np.ndarray, right: np.ndarray, target: float
) -> tuple[float, float | None, float]:
    """The largest distance at which the pairs within it are right often enough.

    (P,) distances, (P,) bool -> distance, precision reached, share of right pairs
    found. (0, None, 0) where no distance reaches the target.
    """
    order = np.argsort(pair_distances, kind="stable")
    ordered, hits = pair_distances[order], right[order].cumsum()
    precision = hits / np.arange(1, len(hits) + 1)
    # BandPairs at one distance come in together or not at all.
    last_of_tie = np.append(ordered[1:] > ordered[:-1], True)[: len(ordered)]
    good = np.flatnonzero(last_of_tie & (precision >= target))
    if not len(good):
        return 0.0, None, 0.0
    end = good[-1]
    return float(ordered[end]), float(precision[end]), float(hits[end] / hits[-1])


def as_json(bands: list[Band]) -> tuple[list[list], list[dict]]:
    """The pairs [name, distance] that programs read, and how they came about."""
    return [[band.name, band.distance] for band in bands], [asdict(b) for b in bands]


def _band(pairs: BandPairs) -> Band:
    distance, precision, found = threshold(pairs.distances, pairs.right, pairs.target)
    reached = None if precision is None else round(precision, 4)
    # Rounded down, so that a pair at the limit is not let in by rounding.
    floor = float(np.floor(max(0.0, distance) * 1e4) / 1e4)
    return Band(
        pairs.name, floor, pairs.meaning, pairs.target, reached, round(found, 4)
    )


def _ascending(bands: list[Band]) -> list[Band]:
    """A closer band never reaches further than the next: cut it off there."""
    limit = np.inf
    result = []
    for band in reversed(bands):
        limit = min(limit, band.distance)
        result.append(Band(**{**asdict(band), "distance": float(limit)}))
    return result[::-1]
