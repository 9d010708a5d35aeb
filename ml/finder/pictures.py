"""Pictures to train the finder on: photos seen otherwise, and pictures without garment.

A photo with its garment mask is one image: what moves the one moves the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from ml.finder.drawn import PICTURES
from ml.measure.photo_edits import edge_colour
from ml.preprocess import read_photo

SIDE = 128  # pixels of a picture, the input of the finder
MASK_SIDE = SIDE // 4
LARGE = 256  # pixels of a photo while it is edited
COVERED = (0.05, 0.97)  # share of a photo; a mask beyond says nothing
GROUND = 0.15  # least share of a side that shows no garment, to be a ground
EMPTY = 0.25  # share of the pictures without a garment
LIGHT = (0.65, 1.35)
TINT = (0.92, 1.08)
FEW = 0.02  # share of a picture below which a garment's turn cannot be told
TRIES = 20


@dataclass(frozen=True)
class Example:
    pixels: np.ndarray  # (SIDE, SIDE, 3) uint8
    mask: np.ndarray  # (MASK_SIDE, MASK_SIDE) float32 0..1
    present: bool
    turn: int  # quarter turns counter-clockwise; -1 where it cannot be told


def with_mask(photo: Image.Image, mask: Image.Image) -> Image.Image:
    """Return an RGBX image whose band X is the mask."""
    # Not RGBA: Pillow resizes and turns that as if what is transparent were black.
    return Image.merge("RGBX", (*photo.split(), mask))


def read_masked(path: Path, mask: Path) -> Image.Image | None:
    """Return a photo with its mask; None if the mask says nothing."""
    photo = ImageOps.contain(read_photo(path, max_side=LARGE), (LARGE, LARGE))
    if not mask.is_file():
        return None
    with Image.open(mask) as image:
        alpha = image.convert("L").resize(photo.size, Image.Resampling.BILINEAR)
    covered = (np.asarray(alpha) > 127).mean()
    if not COVERED[0] <= covered <= COVERED[1]:
        return None
    return with_mask(photo, alpha)


def example(photos: Sequence[Image.Image], rng: np.random.Generator) -> Example:
    """Return a random picture made of these photos, or one without a garment."""
    if rng.random() < EMPTY:
        nothing = np.asarray(_lit(_empty(photos, rng), rng))
        return Example(nothing, np.zeros((MASK_SIDE, MASK_SIDE), np.float32), False, -1)
    image = _placed(photos, rng)
    if rng.random() < 0.35:
        angle = float(rng.uniform(-25, 25))
        image = image.rotate(angle, Image.Resampling.BILINEAR)
    if rng.random() < 0.5:
        image = ImageOps.mirror(image)
    turn = int(rng.integers(4))
    image = image.rotate(90 * turn)
    small = image.resize((SIDE, SIDE), Image.Resampling.BOX)
    pixels = _lit(small.convert("RGB"), rng)
    if rng.random() < 0.12:
        _cover(pixels, rng)
    cells = image.getchannel("X").resize((MASK_SIDE,) * 2, Image.Resampling.BOX)
    mask = np.asarray(cells, np.float32) / 255
    known = mask.mean() > FEW
    return Example(np.asarray(pixels), mask, True, turn if known else -1)


def _placed(photos: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    """Return a square picture of one photo, or of several garments."""
    chance = rng.random()
    photo = _any(photos, rng)
    if chance < 0.4:
        return _part(photo, rng).resize((LARGE, LARGE), Image.Resampling.BILINEAR)
    whole = _bare(_ground(photos, rng))
    if chance < 0.62:  # farther away: the photo is its own ground
        if rng.random() < 0.6:
            colour = edge_colour(photo.convert("RGB"))
            whole = _bare(Image.new("RGB", (LARGE, LARGE), colour))
        whole = _pasted(whole, photo, rng, (0.22, 0.95), cut=False)
    elif chance < 0.85:
        whole = _pasted(whole, photo, rng, (0.25, 1.2), cut=True)
    else:
        halves = [(0, 0), (LARGE // 2, 0), (0, LARGE // 2), (LARGE // 2, LARGE // 2)]
        for corner in halves[: int(rng.integers(2, 5))]:
            garment = _any(photos, rng)
            whole = _pasted(whole, garment, rng, (0.25, 0.5), cut=True, corner=corner)
    return whole


def _pasted(
    whole: Image.Image,
    photo: Image.Image,
    rng: np.random.Generator,
    sizes: tuple[float, float],
    cut: bool,
    corner: tuple[int, int] | None = None,
) -> Image.Image:
    share = LARGE * rng.uniform(*sizes)
    width, height = (max(4, int(share * rng.uniform(0.85, 1.15))) for _ in range(2))
    small = photo.resize((width, height), Image.Resampling.BILINEAR)
    if corner is None:
        left, top = (
            int(rng.uniform(0, 1) * (LARGE - side)) for side in (width, height)
        )
        corner = left, top
    garment = small.getchannel("X")
    pixels, mask = whole.convert("RGB"), whole.getchannel("X")
    pixels.paste(small.convert("RGB"), corner, garment if cut else None)
    # Where it is pasted, its own mask counts.
    mask.paste(255 if cut else garment, corner, garment if cut else None)
    return with_mask(pixels, mask)


def _bare(ground: Image.Image) -> Image.Image:
    return with_mask(ground.convert("RGB"), Image.new("L", ground.size))


def _part(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    if rng.random() < 0.5:
        return photo
    width, height = (max(1, int(s * rng.uniform(0.6, 1))) for s in photo.size)
    left = int(rng.integers(photo.width - width + 1))
    top = int(rng.integers(photo.height - height + 1))
    return photo.crop((left, top, left + width, top + height))


def _ground(photos: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    chance = rng.random()
    if chance < 0.25:
        ground = Image.new("RGB", (LARGE, LARGE), "white")
    elif chance < 0.42:
        ground = PICTURES["plain"](rng, LARGE)
    else:
        ground = bare_ground(photos, rng) or PICTURES["plain"](rng, LARGE)
    return ground.resize((LARGE, LARGE), Image.Resampling.BICUBIC)


def bare_ground(
    photos: Sequence[Image.Image], rng: np.random.Generator
) -> Image.Image | None:
    """Return a part of a photo that shows no garment; None if none is found."""
    for _ in range(TRIES):
        photo = _any(photos, rng)
        width, height = (max(8, int(s * rng.uniform(GROUND, 0.6))) for s in photo.size)
        if width > photo.width or height > photo.height:
            continue
        left = int(rng.integers(photo.width - width + 1))
        top = int(rng.integers(photo.height - height + 1))
        part = photo.crop((left, top, left + width, top + height))
        if np.asarray(part.getchannel("X")).max() < 40:
            return part.convert("RGB")
    return None


def _empty(photos: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    if rng.random() < 0.5 and (ground := bare_ground(photos, rng)):
        return ground.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    name = str(rng.choice(list(PICTURES)))
    return PICTURES[name](rng, SIDE)


def _lit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    image = ImageEnhance.Brightness(image).enhance(float(rng.uniform(*LIGHT)))
    image = ImageEnhance.Contrast(image).enhance(float(rng.uniform(*LIGHT)))
    tinted = np.asarray(image) * rng.uniform(*TINT, size=3)
    return Image.fromarray(tinted.clip(0, 255).astype(np.uint8))


def _cover(image: Image.Image, rng: np.random.Generator) -> None:
    width, height = (int(v) for v in rng.integers(SIDE // 8, SIDE // 3, size=2))
    left, top = (int(v) for v in rng.integers(SIDE - SIDE // 3, size=2))
    colour = tuple(int(value) for value in rng.integers(256, size=3))
    image.paste(colour, (left, top, left + width, top + height))


def _any(photos: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    return photos[int(rng.integers(len(photos)))]
