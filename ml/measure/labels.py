"""What photos show, by labels made by eye or measured, and where two of them agree.

The labels are optional CSV files with a column `image`, the photo's path in the data
folder.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ml.dataset import PhotoFile
from ml.errors import ConfigError
from ml.measure.pixel_features import PixelFeatures, near_colour, near_pattern

ATTRIBUTES = ("kind", "pattern", "colour1", "colour2")
UNKNOWN = ("", "unclear")
_NEAR = """navy blue, navy black, blue light-blue, light-blue turquoise, grey silver,
white cream, cream beige, beige brown, red burgundy, burgundy purple, pink purple,
green olive, green turquoise, yellow gold, yellow orange, red orange, white silver,
grey black"""
# Colours that people mix up.
NEAR = {frozenset(pair.split()) for pair in _NEAR.split(",")}

Row = Mapping[str, str]


def read_rows(file: Path | None, columns: Sequence[str]) -> dict[str, Row]:
    """Return the rows of a CSV file by photo. Raises ConfigError, naming a column."""
    if file is None:
        return {}
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            known = reader.fieldnames or ()
            rows: dict[str, Row] = {
                row["image"]: row for row in reader if "image" in row
            }
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{file} cannot be read as a CSV file: {error}.") from error
    if missing := sorted({"image", *columns} - set(known)):
        raise ConfigError(f"{file} lacks the column {', '.join(missing)}.")
    return rows


def key_of(path: Path, data: Path) -> str:
    return path.relative_to(data).as_posix() if path.is_relative_to(data) else ""


@dataclass(frozen=True)
class Labels:
    """What N photos show; without rows, what can be measured stands in."""

    categories: np.ndarray  # (N,) str
    senders: np.ndarray  # (N,) str, empty where not known
    features: PixelFeatures  # of the garments
    kinds: np.ndarray | None = None  # (N,) str
    patterns: np.ndarray | None = None
    colours: tuple[np.ndarray, np.ndarray] | None = None  # main and second

    def __len__(self) -> int:
        return len(self.categories)

    @property
    def known(self) -> np.ndarray:
        """Return which photos have a label."""
        if self.kinds is None:
            return np.ones(len(self), bool)
        return ~np.isin(self.kinds, UNKNOWN)

    def of(self, rows: np.ndarray) -> Labels:
        features = self.features
        return Labels(
            self.categories[rows],
            self.senders[rows],
            PixelFeatures(
                features.garment[rows], features.busy[rows], features.border[rows]
            ),
            None if self.kinds is None else self.kinds[rows],
            None if self.patterns is None else self.patterns[rows],
            self.colours and (self.colours[0][rows], self.colours[1][rows]),
        )


@dataclass(frozen=True)
class Notes:
    """What people wrote down about the photos of a data folder, by photo."""

    data: Path
    attributes: Mapping[str, Row] = field(default_factory=dict)
    senders: Mapping[str, Row] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Path, attributes: Path | None, senders: Path | None) -> Notes:
        """Read the two files. Raises ConfigError."""
        return cls(
            data, read_rows(attributes, ATTRIBUTES), read_rows(senders, ["sender"])
        )

    def labels(self, items: Sequence[PhotoFile], features: PixelFeatures) -> Labels:
        categories = np.array([item.category for item in items], dtype=str)
        senders = np.array([self.sender(item.path) for item in items], dtype=str)
        if not self.attributes:
            return Labels(categories, senders, features)
        columns = [
            np.array([self.said(item.path, name) for item in items], dtype=str)
            for name in ATTRIBUTES
        ]
        kinds, patterns, main, second = columns
        return Labels(categories, senders, features, kinds, patterns, (main, second))

    def said(self, path: Path, column: str) -> str:
        """Return what the attributes say of a photo; empty where they say nothing."""
        return self.attributes.get(key_of(path, self.data), {}).get(column, "")

    def sender(self, path: Path) -> str:
        return self.senders.get(key_of(path, self.data), {}).get("sender", "")


def agreements(ours: Labels, theirs: Labels) -> dict[str, np.ndarray]:
    """Return (Q, G) bool: same category, kind, colour and pattern."""
    same = {"category": ours.categories[:, None] == theirs.categories[None]}
    if ours.kinds is None or ours.patterns is None or ours.colours is None:
        same["kind"] = same["category"]
        same["colour"] = near_colour(ours.features.garment, theirs.features.garment)
        same["pattern"] = near_pattern(ours.features.busy, theirs.features.busy)
        return same
    assert theirs.kinds is not None and theirs.patterns is not None
    assert theirs.colours is not None
    same["kind"] = ours.kinds[:, None] == theirs.kinds[None]
    same["pattern"] = ours.patterns[:, None] == theirs.patterns[None]
    same["colour"] = _same_colour(ours.colours, theirs.colours)
    return same


def grades(same: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return (Q, G) agreements as a shopper counts them, and the grade, 0 to 3.

    0: another category and kind; else 1, and 1 more for the same colour, 1 more for the
    same kind and pattern.
    """
    base = same["category"] | same["kind"]
    cut = same["kind"] & same["pattern"]
    return {
        **{name: base & same[name] for name in ("colour", "kind", "pattern")},
        "grade": base * (1 + same["colour"].astype(np.int8) + cut),
    }


def same_sender(ours: Labels, theirs: Labels) -> np.ndarray:
    """Return (Q, G) bool: both photos are known to be of one sender."""
    known = ours.senders[:, None] != ""
    return known & (ours.senders[:, None] == theirs.senders[None])


def _same_colour(
    ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return (Q, G) bool: the same main colour or one near it, or the same two."""
    names = sorted({*ours[0], *ours[1], *theirs[0], *theirs[1]})
    place = {name: index for index, name in enumerate(names)}
    near = np.array(
        [[a == b or frozenset((a, b)) in NEAR for b in names] for a in names]
    )
    (a1, a2), (b1, b2) = (
        [np.array([place[name] for name in each], int) for each in pair]
        for pair in (ours, theirs)
    )
    found = near[a1][:, b1]
    empty = place.get("", -1)
    two_a, two_b = ((s != empty) & (f != s) for f, s in ((a1, a2), (b1, b2)))
    pairs_a, pairs_b = (
        np.minimum(f, s) * len(names) + np.maximum(f, s)
        for f, s in ((a1, a2), (b1, b2))
    )
    both = two_a[:, None] & two_b[None] & (pairs_a[:, None] == pairs_b[None])
    return found | both
