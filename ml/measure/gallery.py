"""The photos of a split as an encoder sees them: vectors, categories, looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image
from tqdm import tqdm

from ml.dataset import Item
from ml.measure.looks import Looks
from ml.measure.photo_edits import View
from ml.preprocess import PhotoError, read_photo

AT_ONCE = 64  # photos held decoded, in full, at a time


class Network(Protocol):
    """What is asked of an encoder here; `ml.encoder.Encoder` is one."""

    @property
    def dimension(self) -> int: ...

    @property
    def decode_side(self) -> int: ...

    def encode(self, images: list[Image.Image]) -> np.ndarray: ...


@dataclass(frozen=True)
class Split:
    """The readable photos of a split, all in one order."""

    items: list[Item]
    labels: np.ndarray  # (N,) int64
    vectors: np.ndarray  # (N, dimension) float32, unit length
    looks: Looks

    def __len__(self) -> int:
        return len(self.items)


def embed(
    encoder: Network, items: list[Item], categories: Sequence[str], words: str
) -> Split:
    """Decode and encode in batches; a photo that cannot be read is named and left."""
    kept: list[Item] = []
    vectors = [np.empty((0, encoder.dimension), dtype=np.float32)]
    looks = [Looks.of([])]
    items = [item for item in items if item.category in categories]
    for batch, images in read_in_batches(items, encoder.decode_side, words):
        kept += batch
        vectors.append(encoder.encode(images))
        looks.append(Looks.of(images))
    if skipped := len(items) - len(kept):
        print(f"skipped {skipped} of {len(items)} photos of {words}", file=sys.stderr)
    labels = [categories.index(item.category) for item in kept]
    return Split(
        kept,
        np.array(labels, dtype=np.int64),
        np.concatenate(vectors),
        Looks.joined(looks),
    )


def embed_views(
    encoder: Network, items: list[Item], view: View, seed: int, words: str
) -> np.ndarray:
    """A view of each photo, seeded by its place -> (N, dimension) unit vectors.

    The photos are read at one size for every encoder: the views are the same ones.
    """
    vectors = [np.empty((0, encoder.dimension), dtype=np.float32)]
    place = 0
    for batch, images in read_in_batches(items, VIEWED_SIDE, words):
        rngs = [np.random.default_rng([seed, place + i]) for i in range(len(batch))]
        place += len(batch)
        vectors.append(
            encoder.encode([view(*pair) for pair in zip(images, rngs, strict=True)])
        )
    return np.concatenate(vectors)


VIEWED_SIDE = 400  # a JPEG of which a view is made keeps at least that, if it has it


def read_in_batches(
    items: list[Item], max_side: int, words: str
) -> Iterator[tuple[list[Item], list[Image.Image]]]:
    """The photos that can be read; the others are named on stderr."""
    with ThreadPoolExecutor() as pool, tqdm(total=len(items), unit="photo") as bar:
        bar.set_description(words)
        for start in range(0, len(items), AT_ONCE):
            batch = items[start : start + AT_ONCE]
            images = pool.map(lambda item: _read_or_say(item.path, max_side), batch)
            read = [
                (item, image)
                for item, image in zip(batch, images, strict=True)
                if image is not None
            ]
            yield [item for item, _ in read], [image for _, image in read]
            bar.update(len(batch))


def _read_or_say(path: Path, max_side: int) -> Image.Image | None:
    try:
        return read_photo(path, max_side=max_side)
    except (PhotoError, OSError) as error:
        tqdm.write(f"skipped {path}: {error}", file=sys.stderr)
        return None
