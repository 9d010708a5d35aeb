"""The photos of a split as an encoder sees them: vectors, categories, features."""

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

from ml.dataset import PhotoFile
from ml.measure.photo_edits import View
from ml.measure.pixel_features import PixelFeatures
from ml.preprocess import PhotoError, read_photo
from ml.serving.networks import Seen

AT_ONCE = 64  # photos held decoded, in full, at a time


class PhotoEncoder(Protocol):
    """What is asked of an encoder here; `ml.encoder.Encoder` is one."""

    @property
    def dimension(self) -> int: ...

    @property
    def decode_side(self) -> int: ...

    def encode(self, images: list[Image.Image]) -> np.ndarray: ...

    def encode_seen(self, images: list[Image.Image]) -> Seen: ...


@dataclass(frozen=True)
class EmbeddedSplit:
    """The readable photos of a split, all in one order."""

    items: list[PhotoFile]
    labels: np.ndarray  # (N,) int64
    vectors: np.ndarray  # (N, dimension) float32, unit length
    features: PixelFeatures  # the same for every encoder
    garments: PixelFeatures  # of the garment that the encoder sees
    found: np.ndarray  # (N,) bool: whether it sees one

    def __len__(self) -> int:
        return len(self.items)


def embed(
    encoder: PhotoEncoder, items: list[PhotoFile], categories: Sequence[str], words: str
) -> EmbeddedSplit:
    """Decode and encode in batches; a photo that cannot be read is named and left."""
    kept: list[PhotoFile] = []
    vectors = [np.empty((0, encoder.dimension), dtype=np.float32)]
    features = [PixelFeatures.from_images([])]
    garments, found = [features[0]], [np.empty(0, bool)]
    items = [item for item in items if item.category in categories]
    for batch, images in read_in_batches(items, encoder.decode_side, words):
        kept += batch
        if not images:
            continue
        seen = encoder.encode_seen(images)
        vectors.append(seen.vectors)
        found.append(seen.found)
        features.append(PixelFeatures.from_images(images))
        garments.append(features[-1].inside(seen.pixels, seen.masks))
    if skipped := len(items) - len(kept):
        print(f"skipped {skipped} of {len(items)} photos of {words}", file=sys.stderr)
    labels = [categories.index(item.category) for item in kept]
    return EmbeddedSplit(
        kept,
        np.array(labels, dtype=np.int64),
        np.concatenate(vectors),
        PixelFeatures.concatenate(features),
        PixelFeatures.concatenate(garments),
        np.concatenate(found),
    )


def embed_views(
    encoder: PhotoEncoder, items: list[PhotoFile], view: View, seed: int, words: str
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
    items: list[PhotoFile], max_side: int, words: str
) -> Iterator[tuple[list[PhotoFile], list[Image.Image]]]:
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
