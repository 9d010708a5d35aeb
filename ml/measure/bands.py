"""Distances a person can read: same item, very similar, similar.

Each band ends at the largest distance within which a stated share of pairs is right,
counted on photos the network has not been trained on. The shares belong to that
collection of photos; on another one they are a guide, not a promise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ml.measure.labels import Labels, agreements, same_sender
from ml.measure.metrics import distances

VERY_SIMILAR = 0.75  # share of the pairs within the band that are alike
CLOSEST = 60  # photos of the gallery that a photo makes pairs with


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


@dataclass(frozen=True)
class Shown:
    """Photos with their vectors and what they show."""

    vectors: np.ndarray  # (N, D) float32, unit length
    labels: Labels


def calibrate(photos: Shown, views: np.ndarray, gallery: Shown) -> list[Band]:
    """Return three bands, from photos that were not trained on and a shop around them.

    `views` (N, D) are edited views of the photos. The more there are in the gallery,
    the more come close by chance, and "same item" has to hold among all of them.
    """
    return _ascending([_band(each) for each in _pairs(photos, views, gallery)])


def check(
    bands: Sequence[tuple[str, float]], photos: Shown, views: np.ndarray, gallery: Shown
) -> list[dict[str, Any]]:
    """Return what bands chosen elsewhere hold on these photos, by the same measure.

    `precision` is nan where no pair is within the distance.
    """
    limits = dict(bands)
    result: list[dict[str, Any]] = []
    for each in _pairs(photos, views, gallery):
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


def _pairs(photos: Shown, views: np.ndarray, gallery: Shown) -> list[BandPairs]:
    everything = np.concatenate([photos.vectors, gallery.vectors])
    same_photo = np.eye(len(photos.vectors), len(everything), dtype=bool)
    pairs = close_pairs(photos, gallery)
    apart = pair_distances(photos.vectors, gallery.vectors, pairs)
    same = {
        name: each[pairs]
        for name, each in agreements(photos.labels, gallery.labels).items()
    }
    some = same["colour"] | same["pattern"]
    meaning = "share of pairs within the distance that agree in category"
    return [
        BandPairs(
            "same item",
            0.9,
            "share of pairs (view, photo) within the distance that come from one "
            f"photo, among {len(everything)} photos; view: crop of 80-95 % of each "
            "side, mirrored half of the time, contrast and brightness changed by up "
            "to 25 %",
            distances(views, everything).ravel(),
            same_photo.ravel(),
        ),
        BandPairs(
            "very similar",
            VERY_SIMILAR,
            f"{meaning}, colour, kind and pattern",
            apart,
            alike(same),
        ),
        BandPairs(
            "similar",
            0.85,
            f"{meaning} and in colour or pattern",
            apart,
            same["category"] & some,
        ),
    ]


def alike(same: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return where photos agree in all, as "very similar" means it."""
    return same["category"] & same["colour"] & same["kind"] & same["pattern"]


def close_pairs(photos: Shown, gallery: Shown) -> tuple[np.ndarray, np.ndarray]:
    """Return indices (P,), (P,) of each photo and the closest ones of the gallery.

    Photos of one sender, who may have sent a garment twice, make no pair.
    """
    apart = distances(photos.vectors, gallery.vectors)
    left_out = same_sender(photos.labels, gallery.labels)
    left_out |= ~photos.labels.known[:, None] | ~gallery.labels.known[None]
    apart = np.where(left_out, np.inf, apart)
    closest = np.argsort(apart, axis=1, kind="stable")[:, :CLOSEST]
    rows = np.repeat(np.arange(len(apart)), closest.shape[1])
    columns = closest.ravel()
    kept = np.isfinite(apart[rows, columns])
    return rows[kept], columns[kept]


def pair_distances(
    ours: np.ndarray, theirs: np.ndarray, pairs: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    return 1.0 - (ours[pairs[0]] * theirs[pairs[1]]).sum(axis=1)


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
