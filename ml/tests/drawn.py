"""Photos drawn for the tests: categories that differ in shape, not in colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SHAPES = ("ball", "bar", "block")


def draw_photo(shape: str, number: int, side: int = 96) -> Image.Image:
    """The same photo for the same arguments, always."""
    rng = np.random.default_rng([SHAPES.index(shape), number])
    paper, ink = (tuple(int(v) for v in rng.integers(256, size=3)) for _ in range(2))
    image = Image.new("RGB", (side, side), paper)
    draw = ImageDraw.Draw(image)
    x, y = (int(v) for v in rng.integers(side // 3, size=2))
    w = side // 2
    box = {
        "ball": (x, y, x + w, y + w),
        "bar": (x, y, x + w, y + w // 5),
        "block": (x, y, x + w, y + w),
    }[shape]
    (draw.ellipse if shape == "ball" else draw.rectangle)(box, fill=ink)
    return image


def write_dataset(folder: Path, photos: int = 6, splits: bool = True) -> Path:
    """`folder` with train, validation and test, or with the categories alone."""
    shares = {"train": photos, "validation": 3, "test": 3} if splits else {".": photos}
    number = 0
    for split, count in shares.items():
        for shape in SHAPES:
            target = folder / split / shape
            target.mkdir(parents=True)
            for _ in range(count):
                number += 1
                draw_photo(shape, number).save(target / f"{number:03}.png")
    return folder
