"""Another photo of the same garment, imitated, to see whether it is still found."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

CROPPED = (0.6, 0.9)  # of each side: another photo of the garment
TRIMMED = (0.8, 0.95)  # the same photo, edited
LIGHT = (0.75, 1.25)  # brightness, and contrast
TURN_DEGREES = 15.0
LEAN = 0.1  # of the view's sides, how far perspective moves each corner at most
COVERED = (0.2, 0.4)  # of each side, by something in front of the garment
JPEG_QUALITY = 40

View = Callable[[Image.Image, np.random.Generator], Image.Image]


def photo_view(
    image: Image.Image,
    rng: np.random.Generator,
    kept: tuple[float, float] = CROPPED,
) -> Image.Image:
    """A crop of such a share of each side, mirrored half of the time, other light."""
    width, height = _size(image, rng, kept)
    left = int(rng.integers(image.width - width + 1))
    top = int(rng.integers(image.height - height + 1))
    return _lit(image.crop((left, top, left + width, top + height)), rng)


def edited_view(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The same photo after somebody trimmed it: what "same item" has to find."""
    return photo_view(image, rng, TRIMMED)


def harder_view(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The same also turned, seen from the side, partly covered and badly saved."""
    size = _size(image, rng, CROPPED)
    corners = _turned_corners(image.size, size, rng)
    view = image.transform(
        size,
        Image.Transform.PERSPECTIVE,
        _homography(size, corners),
        Image.Resampling.BILINEAR,
    )
    view = _lit(view, rng)
    _cover(view, rng)
    file = io.BytesIO()
    view.save(file, "JPEG", quality=JPEG_QUALITY)
    return Image.open(file).convert("RGB")


def edge_colour(photo: Image.Image) -> tuple[int, ...]:
    """Return the median colour of the upper and the lower edge of an RGB photo."""
    edges = np.asarray(photo)[[0, -1]].reshape(-1, 3)
    return tuple(int(value) for value in np.median(edges, axis=0))


# The rows of `ml.evaluate`, by name.
ROWS: dict[str, View] = {"first": photo_view, "harder": harder_view}


def _placed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The photo half as large in a frame of the colour of its edges."""
    size = (2 * image.width, 2 * image.height)
    whole = Image.new("RGB", size, edge_colour(image))
    whole.paste(image, (image.width // 2, image.height // 2))
    return whole


def _turned(degrees: int) -> View:
    def turned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        if degrees % 90 == 0:
            return image.rotate(degrees, expand=True)
        corner = image.getpixel((min(3, image.width - 1), min(3, image.height - 1)))
        return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=corner)

    return turned


# The same garment elsewhere in the frame; nothing in them is left to chance.
PLACED: dict[str, View] = {
    "half size": _placed,
    "turned 90": _turned(90),
    "turned 180": _turned(180),
    "turned 20": _turned(20),
}


def _size(
    image: Image.Image, rng: np.random.Generator, kept: tuple[float, float]
) -> tuple[int, int]:
    width, height = (max(1, round(s * rng.uniform(*kept))) for s in image.size)
    return width, height


def _lit(view: Image.Image, rng: np.random.Generator) -> Image.Image:
    if rng.random() < 0.5:
        view = ImageOps.mirror(view)
    view = ImageEnhance.Contrast(view).enhance(rng.uniform(*LIGHT))
    return ImageEnhance.Brightness(view).enhance(rng.uniform(*LIGHT))


def _turned_corners(
    whole: tuple[int, int], size: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    """(4, 2) points of the photo that become the corners of a view of `size`.

    Points beyond the photo are moved to its edge: nothing has to be made up.
    """
    half, limit = np.array(size) / 2, np.array(whole, dtype=float)
    centre = rng.uniform(half, limit - half)
    turn = np.radians(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    leaning = rng.uniform(-LEAN, LEAN, size=(4, 2)) * size
    return np.clip(corners @ rotation.T + centre + leaning, 0, limit)


def _homography(size: tuple[int, int], corners: np.ndarray) -> list[float]:
    """The eight numbers that take the corners of (width, height) to `corners`.

    Pillow's PERSPECTIVE: x' = (ax + by + c) / (gx + hy + 1), y' alike with d, e, f.
    """
    width, height = size
    rows, wanted = [], []
    ends = ((0, 0), (width, 0), (width, height), (0, height))
    for (x, y), (to_x, to_y) in zip(ends, corners.tolist(), strict=True):
        rows.append([x, y, 1, 0, 0, 0, -to_x * x, -to_x * y])
        rows.append([0, 0, 0, x, y, 1, -to_y * x, -to_y * y])
        wanted += [to_x, to_y]
    # Least squares, not a solution: corners moved to the edge may fall together.
    found = np.linalg.lstsq(np.array(rows, float), np.array(wanted), rcond=None)
    return found[0].tolist()


def _cover(view: Image.Image, rng: np.random.Generator) -> None:
    """Draw a plain rectangle over a part of the view."""
    width, height = _size(view, rng, COVERED)
    left = int(rng.integers(view.width - width + 1))
    top = int(rng.integers(view.height - height + 1))
    red, green, blue = (int(v) for v in rng.integers(256, size=3))
    box = (left, top, left + width - 1, top + height - 1)
    ImageDraw.Draw(view).rectangle(box, fill=(red, green, blue))
