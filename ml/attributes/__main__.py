"""Fit what an encoder sees in photos to labels: kinds, patterns and words.

python -m ml.attributes --data DIR --attributes CSV [--encoder DIR] [--json]

Writes attributes.npz beside the encoder, which reads it from then on. Fit it again for
each new encoder: a file of another network is ignored.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ml.attributes.fit import (
    fit_head,
    fit_words,
    limit_head,
    word_limit,
)
from ml.attributes.names import KINDS, PATTERNS, words_of
from ml.command import add_data, data_folder, run_command
from ml.dataset import SPLITS, PhotoFile, read_splits
from ml.encoder import SHIPPED, Encoder
from ml.measure.labels import Row, key_of, read_rows
from ml.preprocess import PhotoError, read_photo
from ml.serving.attributes import KIND, PATTERN, Attributes, Head

COLUMNS = ("kind", "pattern", "colour1", "material", "length", "sure")
NAMES = {KIND: KINDS, PATTERN: PATTERNS}
PLAIN = "plain"


class LabelledVectors:
    """The labelled photos of a split, as an encoder sees them."""

    def __init__(
        self, encoder: Encoder, files: Sequence[PhotoFile], labels: Mapping[Path, Row]
    ) -> None:
        known = [file for file in files if file.path in labels]

        def encode(file: PhotoFile) -> np.ndarray | None:
            try:
                photo = read_photo(file.path, max_side=encoder.decode_side)
            except PhotoError:
                return None
            return encoder.encode([photo])[0]

        with ThreadPoolExecutor(2) as pool:
            bar = tqdm(pool.map(encode, known), total=len(known), unit=" photos")
            seen = list(zip(known, bar, strict=True))
        kept = [(file, vector) for file, vector in seen if vector is not None]
        self.vectors = np.array([vector for _, vector in kept], np.float32)
        self.rows = [labels[file.path] for file, _ in kept]
        self.texts = [words_of(labels[f.path], f.category) for f, _ in kept]
        self.sure = np.array([row.get("sure") != "0" for row in self.rows])

    def names(self, attribute: str) -> np.ndarray:
        known = NAMES[attribute]
        return np.array([known.get(row[attribute], "") for row in self.rows])


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command("ml.attributes", lambda: _print(run(options), options))


def _print(figures: dict[str, Any], options: argparse.Namespace) -> None:
    print(json.dumps(figures, indent=None if options.json else 2))


def run(options: argparse.Namespace) -> dict[str, Any]:
    data = data_folder(options.data)
    encoder = Encoder.load(options.encoder)
    rows = read_rows(options.attributes, COLUMNS)
    splits = {}
    for name, files in read_splits(data).items():
        labels = {
            file.path: rows[key]
            for file in files
            if (key := key_of(file.path, data)) in rows
        }
        splits[name] = LabelledVectors(encoder, files, labels)
    attributes = fit(splits["train"], splits["validation"], part_lengths(encoder))
    attributes.save(options.encoder, encoder.sha256)
    return {name: measure(attributes, splits[name]) for name in SPLITS[1:]}


def fit(
    train: LabelledVectors, validation: LabelledVectors, lengths: np.ndarray
) -> Attributes:
    """Fit to train photos; `lengths` are those of the part of each number."""
    heads = {}
    for name in NAMES:
        head = fit_head(train.vectors / lengths, train.names(name), train.sure)
        weights = head.weights / np.append(lengths, 1)[:, None]
        head = Head(head.names, weights.astype(np.float32), head.limits)
        plain = PLAIN if name == PATTERN else ""
        heads[name] = limit_head(
            head, validation.vectors, validation.names(name), plain
        )
    words, vectors, mean = fit_words(train.vectors, train.texts)
    known = dict(zip(words, vectors, strict=True))
    limit = word_limit(validation.vectors, validation.texts, known, mean)
    return Attributes(heads, words, vectors, mean, limit)


def part_lengths(encoder: Encoder) -> np.ndarray:
    """Return (dimension,): the length of the part that each number belongs to."""
    lengths = np.ones(encoder.dimension, np.float32)
    for part in encoder.parts.values():
        lengths[part.numbers] = np.sqrt(part.weight)
    return lengths


def measure(attributes: Attributes, split: LabelledVectors) -> dict[str, Any]:
    """Return how many photos have a sure name, and how many of these are right."""
    figures = {}
    for attribute, head in attributes.heads.items():
        read, names = np.array(head.read(split.vectors)), split.names(attribute)
        for name, chosen in (
            (attribute, read != ""),
            (f"{attribute}, not plain", (read != "") & (read != PLAIN)),
        ):
            right = (read == names)[chosen].mean() if chosen.any() else 0.0
            figures[name] = {
                "share": round(float(chosen.mean()), 3),
                "precision": round(float(right), 3),
            }
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.attributes", description=(__doc__ or "").splitlines()[0]
    )
    add_data(parser)
    parser.add_argument(
        "--attributes",
        type=Path,
        metavar="CSV",
        required=True,
        help=f"labels of the photos: columns image, {', '.join(COLUMNS)}",
    )
    parser.add_argument(
        "--encoder",
        type=Path,
        metavar="DIR",
        default=SHIPPED,
        help="folder of the encoder (default: the shipped one)",
    )
    parser.add_argument("--json", action="store_true", help="figures on one line")
    return parser


if __name__ == "__main__":
    sys.exit(main())
