"""A photo as somebody's phone would have taken it: what the network trains on.

The views that `ml.evaluate` asks with are in `ml.measure.photo_edits` and stay as
they are, whatever training does.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from ml.preprocess import to_input

CROPPED = (0.55, 1.0)  # of each side
STRETCHED = (0.85, 1.18)  # one side of the crop against the other
TURN_DEGREES = 15.0
LEAN = 0.08  # of perspective, at the middle of a side
LIGHT = (0.7, 1.3)  # brightness, and contrast
WHITE_BALANCE = (0.9, 1.1)  # of each channel
COVERED = (0.15, 0.35)  # of each side
QUALITY = (30, 90)  # of JPEG


def augmented_view(
    image: Image.Image, rng: np.random.Generator, size: int
) -> np.ndarray:
    """RGB photo -> (size, size, 3) uint8: cropped, turned, lit, covered by chance."""
    if rng.random() < 0.5:
        image = _turned(image, rng)
    image = _cropped(image, rng)
    if rng.random() < 0.5:
        image = ImageOps.mirror(image)
    # Everything from here on is on few pixels, and so costs little.
    image = Image.fromarray(to_input(image, size))
    image = ImageEnhance.Brightness(image).enhance(rng.uniform(*LIGHT))
    image = ImageEnhance.Contrast(image).enhance(rng.uniform(*LIGHT))
    if rng.random() < 0.7:
        tinted = np.asarray(image) * rng.uniform(*WHITE_BALANCE, size=3)
        image = Image.fromarray(tinted.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.3:
        _cover(image, rng)
    if rng.random() < 0.25:
        image = _saved(image, int(rng.integers(*QUALITY)))
    return np.asarray(image)


def _cropped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    share = rng.uniform(*CROPPED)
    other = np.clip(share * rng.uniform(*STRETCHED), CROPPED[0], 1.0)
    width = max(1, round(image.width * share))
    height = max(1, round(image.height * other))
    left = int(rng.integers(image.width - width + 1))
    top = int(rng.integers(image.height - height + 1))
    return image.crop((left, top, left + width, top + height))


def _turned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Turned about its middle and seen from a side; corners in the mean colour."""
    x, y = image.width / 2, image.height / 2
    angle = np.deg2rad(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    lean = np.eye(3)
    lean[2, :2] = rng.uniform(-LEAN, LEAN, size=2) / image.size
    to_middle = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    matrix = np.linalg.inv(to_middle) @ turn @ lean @ to_middle
    mean = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return image.transform(
        image.size,
        Image.Transform.PERSPECTIVE,
        (matrix / matrix[2, 2]).ravel()[:8].tolist(),
        Image.Resampling.BILINEAR,
        fillcolor=mean,
    )


def _cover(image: Image.Image, rng: np.random.Generator) -> None:
    """Something of one colour in front of the garment; in place."""
    width, height = (max(1, int(side * rng.uniform(*COVERED))) for side in image.size)
    left = int(rng.integers(image.width - width + 1))
    top = int(rng.integers(image.height - height + 1))
    colour = tuple(int(value) for value in rng.integers(256, size=3))
    image.paste(colour, (left, top, left + width, top + height))


def _saved(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")
