"""What the heads are to say of the photos they are trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.dataset import Photos
from ml.measure.labels import NEAR, UNKNOWN, Notes

# How much of the loss each head is. Its column has its name; colour is `colour1`.
LOSS_WEIGHTS = {
    "category": 1.5,
    "kind": 1.0,
    "pattern": 1.0,
    "material": 0.5,
    "sleeve": 0.5,
    "length": 0.3,
    "colour": 0.7,
}
UNSURE = 0.5  # weight of labels with `sure` 0
SPREAD = 0.1  # share of a label that goes to the other names; half for category
# Heads of which a label is right even where people were not sure.
PLAIN_TO_SEE = ("category", "sleeve", "length")


@dataclass(frozen=True)
class Targets:
    """What one head is to say of N photos, as shares of K names."""

    shares: np.ndarray  # (N, K) float32
    weights: np.ndarray  # (N,) float32; 0 for a photo without a label


def names_of(photos: Photos, notes: Notes) -> dict[str, tuple[str, ...]]:
    """Return the names of each head that there are labels for."""
    found = {}
    for head in LOSS_WEIGHTS:
        values = _values(head, photos, notes)
        names = tuple(sorted(set(values) - set(UNKNOWN)))
        if head == "category" or len(names) > 1:
            found[head] = names
    return found


def targets_of(
    photos: Photos,
    notes: Notes,
    names: Mapping[str, Sequence[str]],
) -> dict[str, Targets]:
    unsure = [notes.said(path, "sure") == "0" for path in photos.paths]
    sure = np.where(unsure, UNSURE, 1.0)
    found = {}
    for head, known in names.items():
        place = {name: index for index, name in enumerate(known)}
        values = _values(head, photos, notes)
        places = np.array([place.get(value, -1) for value in values], dtype=int)
        weights = (places >= 0) * (1.0 if head in PLAIN_TO_SEE else sure)
        shares = _soft(head, known)[places]
        found[head] = Targets(shares.astype(np.float32), weights.astype(np.float32))
    return found


def _values(head: str, photos: Photos, notes: Notes) -> list[str]:
    if head == "category":
        return [photos.categories[label] for label in photos.labels]
    column = "colour1" if head == "colour" else head
    return [notes.said(path, column) for path in photos.paths]


def _soft(head: str, names: Sequence[str]) -> np.ndarray:
    """Return (K, K): what a photo with each label is taken to show."""
    others = np.ones((len(names), len(names)))
    if head == "colour":
        others = np.array([[frozenset((a, b)) in NEAR for b in names] for a in names])
    others = np.where(np.eye(len(names)), 0, others).astype(float)
    total = others.sum(axis=1, keepdims=True)
    spread = SPREAD / 2 if head == "category" else SPREAD
    given = np.where(total > 0, spread, 0.0)
    return (1 - given) * np.eye(len(names)) + given * others / np.maximum(total, 1)
