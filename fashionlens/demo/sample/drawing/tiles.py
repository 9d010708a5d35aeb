"""Printed cloth: tiles that repeat without a seam."""

import functools

import numpy as np
from PIL import Image, ImageDraw

from fashionlens.demo.sample.drawing.fields import blurred
from fashionlens.demo.sample.drawing.palette import luminance, toned
from fashionlens.demo.sample.drawing.paths import Points, disc, moved, path, turned

FINENESS = 2.0  # tile pixels to the drawing unit
_SIDE = 600
_ACCENTS = [(214, 110, 106), (232, 178, 92), (150, 120, 180), (238, 232, 220)]


@functools.lru_cache(maxsize=8)  # 4 MB each; a garment asks for its tile often
def tile(name: str, colours: tuple[float, ...], seed: int) -> np.ndarray:
    """Return (3, 600, 600) float32 0..1 from ground and second colour (six numbers)."""
    ground, second = np.array(colours, np.float32).reshape(2, 3)
    rng = np.random.default_rng(seed)
    if name == "camo":
        return _camo(ground, rng)
    size = _SIDE * 2
    image = Image.new("RGB", (size, size), _bytes(ground))
    draw = ImageDraw.Draw(image)
    for x, y in _scattered(rng, 52 if name == "floral" else 56):
        motif = _flower if name == "floral" else _leaf
        for colour, outline in motif(ground, second, rng):
            _stamp(draw, outline, x * size, y * size, colour)
    return planar(image.reduce(2))


def planar(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image, np.float32) / 255
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _bytes(colour: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = (np.clip(colour, 0, 1) * 255).astype(int)
    return int(red), int(green), int(blue)


def _scattered(rng: np.random.Generator, count: int) -> list[tuple[float, float]]:
    """Return places in 0..1 that keep their distance, also across the seam."""
    best: list[tuple[float, float]] = []
    for _ in range(count):
        tries = rng.random((24, 2))
        if not best:
            best.append((float(tries[0, 0]), float(tries[0, 1])))
            continue
        gap = np.abs(tries[:, None] - np.array(best)[None])
        gap = np.minimum(gap, 1 - gap)
        pick = tries[np.hypot(gap[..., 0], gap[..., 1]).min(axis=1).argmax()]
        best.append((float(pick[0]), float(pick[1])))
    return best


def _flower(
    ground: np.ndarray, second: np.ndarray, rng: np.random.Generator
) -> list[tuple[tuple[int, int, int], Points]]:
    leaf = toned(np.array([0.36, 0.48, 0.33], np.float32), _lift(ground))
    accent = np.array(_ACCENTS[rng.integers(4)], np.float32) / 255
    petal = accent if rng.random() < 0.6 else second
    size, start = rng.uniform(28, 54), rng.uniform(0, 360)
    shapes = []
    for angle in (start + 30, start + 160):
        blade = path("M 0 0 Q 26 -22 62 0 Q 26 22 0 0") * (size / 40)
        shapes.append((_bytes(leaf), turned(blade, angle, (0, 0))))
    for k in range(5):
        round_petal = disc(size * 0.56, 0, size * 0.48, 0.82)
        tint = toned(petal, 0.06 * (k % 2))
        shapes.append((_bytes(tint), turned(round_petal, start + 72 * k, (0, 0))))
    shapes.append((_bytes(toned(petal, -0.4)), disc(0, 0, size * 0.24)))
    return shapes


def _leaf(
    ground: np.ndarray, second: np.ndarray, rng: np.random.Generator
) -> list[tuple[tuple[int, int, int], Points]]:
    size, start = rng.uniform(0.8, 1.5), rng.uniform(0, 360)
    tint = second if rng.random() < 0.5 else (ground + second) / 2
    blade = path("M -52 0 Q 0 -32 58 0 Q 0 32 -52 0") * size
    vein = path("M -52 2 L 52 1 L 52 -1 L -52 -2") * size
    return [
        (_bytes(tint), turned(blade, start, (0, 0))),
        (_bytes(ground), turned(vein, start, (0, 0))),
    ]


def _lift(ground: np.ndarray) -> float:
    return -0.15 if luminance(ground) > 0.6 else 0.15


def _stamp(
    draw: ImageDraw.ImageDraw,
    outline: Points,
    x: float,
    y: float,
    colour: tuple[int, int, int],
) -> None:
    """Draw at the place and its eight repeats, so that the tile is seamless."""
    side = _SIDE * 2
    for dx in (-side, 0, side):
        for dy in (-side, 0, side):
            placed = moved(outline, x + dx, y + dy)
            if placed.max() > 0 and (placed.min(axis=0) < side).all():
                draw.polygon([(float(a), float(b)) for a, b in placed], fill=colour)


def _camo(ground: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    out = np.repeat(ground, _SIDE * _SIDE).reshape(3, _SIDE, _SIDE)
    for tone, level in ((-0.45, 0.35), (0.35, 0.75), (-0.72, 0.95)):
        rough = rng.standard_normal((_SIDE, _SIDE)).astype(np.float32)
        field = blurred(np.tile(rough, (3, 3)), 20)[_SIDE : 2 * _SIDE, _SIDE:-_SIDE]
        field = field / field.std()
        edge = np.clip((field - level) * 14 + 0.5, 0, 1)
        out += (toned(ground, tone)[:, None, None] - out) * edge
    return out
