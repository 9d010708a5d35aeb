"""Another photo of the same garment, imitated: cropped, mirrored, lit otherwise."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

CROPPED = (0.6, 0.9)  # of each side: another photo of the garment
TRIMMED = (0.8, 0.95)  # the same photo, edited
LIGHT = (0.8, 1.2)


def random_view(
    image: Image.Image,
    rng: np.random.Generator,
    kept: tuple[float, float] = CROPPED,
) -> Image.Image:
    """A crop of that share of each side, mirrored half of the time, light changed."""
    share = rng.uniform(*kept)
    width, height = (max(1, round(length * share)) for length in image.size)
    left = int(rng.integers(image.width - width + 1))
    top = int(rng.integers(image.height - height + 1))
    view = image.crop((left, top, left + width, top + height))
    if rng.random() < 0.5:
        view = ImageOps.mirror(view)
    return ImageEnhance.Brightness(view).enhance(rng.uniform(*LIGHT))
