"""What the parts of a vector say: distances people agree within, and named colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from ml.measure.bands import Shown, close_pairs, pair_distances, threshold
from ml.measure.labels import UNKNOWN, agreements

PRECISION = 0.8  # of the pairs within a part's distance
JUDGED = ("kind", "pattern", "colour")  # parts that people judge
MOST_SHADES = 4
PHOTOS_A_SHADE = 6
PLAIN = "plain"  # pattern of photos that show one colour

Parts = Mapping[str, Mapping[str, Any]]  # as in encoder.json


def part_of(vectors: np.ndarray, part: Mapping[str, Any]) -> np.ndarray:
    """Return the (N, P) numbers of a part, at unit length."""
    numbers = vectors[:, part["start"] : part["stop"]]
    return numbers / np.sqrt(part["weight"])


def calibrate_parts(parts: Parts, photos: Shown, gallery: Shown) -> dict[str, float]:
    """Return the cosine distance of each part within which most people agree."""
    if photos.labels.kinds is None or len(photos.vectors) < 2:
        return {}
    pairs = close_pairs(photos, gallery)
    same = agreements(photos.labels, gallery.labels)
    found = {}
    for name in JUDGED:
        if name in parts:
            ours = part_of(photos.vectors, parts[name])
            theirs = part_of(gallery.vectors, parts[name])
            apart = pair_distances(ours, theirs, pairs)
            distance, _, _ = threshold(apart, same[name][pairs], PRECISION)
            found[name] = round(distance, 4)
    return found


def named_colours(parts: Parts, photos: Shown, seed: int) -> dict[str, list]:
    """Return up to four shades of each colour name, as the part `colour` has them."""
    labels = photos.labels
    if "colour" not in parts or labels.colours is None or labels.patterns is None:
        return {}
    numbers = part_of(photos.vectors, parts["colour"])
    main, second = labels.colours
    plain = (labels.patterns == PLAIN) & ((second == "") | (second == main))
    found = {}
    for name in sorted(set(main) - set(UNKNOWN)):
        rows = np.flatnonzero((main == name) & plain)
        if len(rows) < PHOTOS_A_SHADE:
            rows = np.flatnonzero(main == name)
        shades = min(MOST_SHADES, max(1, len(rows) // PHOTOS_A_SHADE))
        fitted = KMeans(shades, n_init=3, random_state=seed).fit(numbers[rows])
        centres = fitted.cluster_centers_
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        found[name] = centres.round(4).tolist()
    return found
