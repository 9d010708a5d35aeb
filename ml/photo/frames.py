"""The frame that stands for an animation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFile

from ml.photo.limits import blank

MAX_FRAMES = 50
_MAX_PIXELS = 60_000_000  # decoded in all


def load_frame(
    image: ImageFile.ImageFile, check: Callable[[tuple[int, int]], None]
) -> None:
    """Load the first frame with more than one colour, else the first that shows any.

    Raises PhotoError where `check` does, and where no frame shows anything.
    """
    most = max(1, min(MAX_FRAMES, _MAX_PIXELS // max(1, image.width * image.height)))
    plain: int | None = None
    number = 0
    for number in range(most):
        try:
            image.seek(number)
        except EOFError:
            number -= 1
            break
        check(image.size)
        image.load()
        visible, colourful = _content(image)
        if visible and colourful:
            return
        if visible and plain is None:
            plain = number
    if plain is None:
        if number:
            raise blank(number + 1)
        plain = 0  # a still, all of it transparent
    image.seek(plain)
    image.load()


def _content(image: Image.Image) -> tuple[bool, bool]:
    """Return whether any pixel is seen, and whether there are several colours."""
    direct = image.mode in ("RGB", "RGBA") and "transparency" not in image.info
    bands = (image if direct else image.convert("RGBA")).getextrema()
    ranges = np.array(bands)  # of three or four bands: lowest and highest
    visible = len(ranges) < 4 or ranges[3, 1] > 0
    return bool(visible), bool((ranges[:, 0] != ranges[:, 1]).any())
