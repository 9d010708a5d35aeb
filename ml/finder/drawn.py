"""Pictures without a garment: plain colours, noise, text, drawings."""

from __future__ import annotations

import string
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LETTERS = string.ascii_letters + string.digits + "      .,"
LARGER = 3  # text and shapes are drawn larger, then reduced

Picture = Callable[[np.random.Generator, int], Image.Image]


def plain(rng: np.random.Generator, side: int) -> Image.Image:
    """Return one colour, or one that runs into another, perhaps with grain."""
    first = rng.integers(256, size=3).astype(float)
    second = rng.uniform(0, 255, 3)
    if rng.random() < 0.5:
        second = first + rng.normal(0, 25, 3)
    turn, steps = rng.uniform(0, 2 * np.pi), np.arange(side)
    across = np.add.outer(np.sin(turn) * steps, np.cos(turn) * steps)
    share = (across - across.min()) / max(np.ptp(across), 1e-6)
    if rng.random() < 0.4:
        share *= 0
    pixels = first + (second - first) * share[..., None]
    grain = rng.normal(0, rng.uniform(0, 8), (side, side, 1)) * (rng.random() < 0.5)
    return _image(pixels + grain)


def noise(rng: np.random.Generator, side: int) -> Image.Image:
    cells = int(2 ** rng.uniform(1.5, 7))
    channels = int(rng.choice([1, 3]))
    mean, spread = rng.uniform(60, 200), rng.uniform(15, 90)
    values = rng.normal(mean, spread, (cells, cells, channels))
    image = _image(np.broadcast_to(values, (cells, cells, 3)))
    ways = (Image.Resampling.NEAREST, Image.Resampling.BICUBIC, Image.Resampling.BOX)
    return image.resize((side, side), ways[int(rng.integers(3))])


def text(rng: np.random.Generator, side: int) -> Image.Image:
    """Return lines of text, as on a page or a sign."""
    whole = LARGER * side
    paper = rng.integers(200 if rng.random() < 0.7 else 0, 256, 3)
    dark = paper.mean() > 128
    ink = rng.integers(0, 90, 3) if dark else rng.integers(160, 256, 3)
    image = Image.new("RGB", (whole, whole), _colour(paper))
    draw = ImageDraw.Draw(image)
    size = int(rng.uniform(0.03, 0.2) * whole)
    font = ImageFont.load_default(size)
    left = int(rng.uniform(0, 0.15) * whole)
    last = whole if rng.random() < 0.7 else int(rng.uniform(0.2, 1) * whole)
    for y in range(0, last, int(size * rng.uniform(1.1, 1.7))):
        count = int(rng.integers(3, 60))
        line = "".join(rng.choice(list(LETTERS), count))
        draw.text((left, y), line, fill=_colour(ink), font=font)
    return image.resize((side, side), Image.Resampling.BOX)


def shapes(rng: np.random.Generator, side: int) -> Image.Image:
    """Return circles, rectangles, lines and polygons."""
    whole = LARGER * side
    ground = rng.integers(256, size=3) if rng.random() < 0.5 else np.full(3, 255)
    image = Image.new("RGB", (whole, whole), _colour(ground))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 14))):
        colour = _colour(rng.integers(256, size=3))
        width = int(rng.integers(1, 9))
        points = [tuple(p) for p in rng.integers(whole, size=(4, 2)).tolist()]
        (x0, x1), (y0, y1) = (sorted(v) for v in zip(*points[:2], strict=True))
        box, fill = (x0, y0, x1, y1), colour if rng.random() < 0.5 else None
        kind = rng.integers(4)
        if kind == 0:
            draw.ellipse(box, fill=fill, outline=colour, width=width)
        elif kind == 1:
            draw.rectangle(box, fill=fill, outline=colour, width=width)
        elif kind == 2:
            draw.line(points, fill=colour, width=width)
        else:
            draw.polygon(points, fill=fill, outline=colour, width=width)
    return image.resize((side, side), Image.Resampling.BOX)


# By name, as `ml.evaluate` prints them.
PICTURES: dict[str, Picture] = {
    "plain": plain,
    "noise": noise,
    "text": text,
    "drawn": shapes,
}


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _colour(values: np.ndarray) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
