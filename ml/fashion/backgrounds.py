"""Lay garments on another background."""

from __future__ import annotations

import numpy as np
from PIL import Image

WHITE, PLAIN = 0.4, 0.2  # probabilities; else the background is another photo's
CORNER = (0.15, 0.3)  # share of each side of the other photo that is background


def on_other_background(
    photo: Image.Image, mask: Image.Image, other: Image.Image, rng: np.random.Generator
) -> Image.Image:
    """Lay the garment on white, on a plain colour or on a corner of the `other` photo.

    `mask` is a greyscale image of the photo's size, 255 on the garment.
    """
    chance = rng.random()
    if chance < WHITE:
        ground = Image.new("RGB", photo.size, "white")
    elif chance < WHITE + PLAIN:
        colour = tuple(int(value) for value in rng.integers(256, size=3))
        ground = Image.new("RGB", photo.size, colour)
    else:
        ground = _corner(other, rng).resize(photo.size, Image.Resampling.BICUBIC)
    return Image.composite(photo, ground, mask)


def _corner(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    width, height = (max(1, round(side * rng.uniform(*CORNER))) for side in photo.size)
    left = (photo.width - width) * int(rng.integers(2))
    top = (photo.height - height) * int(rng.integers(2))
    return photo.crop((left, top, left + width, top + height))
