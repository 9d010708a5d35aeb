"""Imitate the photo a phone would have taken of the same garment, for training.

`ml.measure.photo_edits` makes the views for `ml.evaluate`; they never change with
training.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from ml.finder.pictures import with_mask
from ml.measure.photo_edits import edge_colour

SIDE = 400  # pixels, the longer side of a view
CROPPED = (0.6, 1.0)  # share of each side that is kept
STRETCHED = (0.85, 1.18)  # ratio of the crop's two shares
FARTHER = (1.1, 2.1)  # sides of a photo taken from farther away
LEANING, ANY_TURN = 10.0, 45.0  # degrees: as most photos are turned, and some
LEAN = 0.08  # perspective, at the middle of a side
LIGHT = (0.75, 1.25)  # factor of brightness and of contrast
WHITE_BALANCE = (0.94, 1.06)  # factor of each channel
COVERED = (0.15, 0.4)  # share of each side
QUALITY = (35, 90)  # JPEG


def augmented_view(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a random view of a photo and its mask, as `with_mask` joins them.

    It may be cropped, taken from farther away, rotated, mirrored, laid on its side,
    relit, partly covered and saved as JPEG.
    """
    # Reduce first: the edits below then cost little.
    image = ImageOps.contain(image, (SIDE, SIDE))
    distance = rng.random()
    if distance < 0.55:
        image = _crop(image, rng)
    elif distance < 0.75:
        image = _farther(image, rng)
    if rng.random() < 0.5:
        image = _rotate(image, rng)
    if rng.random() < 0.5:
        image = ImageOps.mirror(image)
    if rng.random() < 0.15:
        image = image.transpose(Image.Transpose(int(rng.integers(2, 5))))
    return with_mask(_relit(image.convert("RGB"), rng), image.getchannel("X"))


def _relit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    image = ImageEnhance.Brightness(image).enhance(rng.uniform(*LIGHT))
    image = ImageEnhance.Contrast(image).enhance(rng.uniform(*LIGHT))
    if rng.random() < 0.5:
        tinted = np.asarray(image) * rng.uniform(*WHITE_BALANCE, size=3)
        image = Image.fromarray(tinted.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.3:
        _cover(image, rng)
    if rng.random() < 0.3:
        image = _save_as_jpeg(image, int(rng.integers(*QUALITY)))
    return image


def _farther(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Put the photo on a larger ground of the colour of its edge."""
    times = rng.uniform(*FARTHER)
    size = (round(image.width * times), round(image.height * times))
    colour = edge_colour(image.convert("RGB"))
    whole = Image.new("RGBX", size, (*colour, 0))
    left = int(rng.integers(size[0] - image.width + 1))
    top = int(rng.integers(size[1] - image.height + 1))
    whole.paste(image, (left, top))
    return ImageOps.contain(whole, (SIDE, SIDE))


def _crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    share = rng.uniform(*CROPPED)
    other = np.clip(share * rng.uniform(*STRETCHED), CROPPED[0], 1.0)
    width = max(1, round(image.width * share))
    height = max(1, round(image.height * other))
    left = int(rng.integers(image.width - width + 1))
    top = int(rng.integers(image.height - height + 1))
    return image.crop((left, top, left + width, top + height))


def _rotate(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Rotate about the centre, add perspective, fill corners with the mean colour."""
    x, y = image.width / 2, image.height / 2
    some = rng.random() < 0.2
    turned = rng.uniform(-ANY_TURN, ANY_TURN) if some else rng.normal(0, LEANING)
    angle = np.deg2rad(turned)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    lean = np.eye(3)
    lean[2, :2] = rng.uniform(-LEAN, LEAN, size=2) / image.size
    to_middle = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    matrix = np.linalg.inv(to_middle) @ turn @ lean @ to_middle
    pixels = np.asarray(image.resize((1, 1), Image.Resampling.BOX))
    red, green, blue, _ = pixels.ravel().tolist()
    return image.transform(
        image.size,
        Image.Transform.PERSPECTIVE,
        (matrix / matrix[2, 2]).ravel()[:8].tolist(),
        Image.Resampling.BILINEAR,
        fillcolor=(red, green, blue, 0),
    )


def _cover(image: Image.Image, rng: np.random.Generator) -> None:
    width, height = (max(1, int(side * rng.uniform(*COVERED))) for side in image.size)
    left = int(rng.integers(image.width - width + 1))
    top = int(rng.integers(image.height - height + 1))
    colour = tuple(int(value) for value in rng.integers(256, size=3))
    image.paste(colour, (left, top, left + width, top + height))


def _save_as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")
