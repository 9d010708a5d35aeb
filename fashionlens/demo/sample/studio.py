"""The photographer: backdrop, light, shadow, and the finished picture."""

import functools
from collections.abc import Sequence

import numpy as np
from PIL import Image

from fashionlens.demo.sample.drawing.canvas import Canvas
from fashionlens.demo.sample.drawing.fields import blurred, enlarged, grit
from fashionlens.demo.sample.drawing.palette import luminance

_BACKDROPS = {
    "linen": (229, 223, 214),
    "fog": (222, 225, 228),
    "sand": (228, 216, 202),
    "blush": (229, 216, 211),
    "sage": (214, 219, 209),
    "stone": (216, 214, 210),
}
Floor = tuple[float, float, float]  # from x to x at the height y, drawing units
_DARKER = 0.94  # behind white garments


def photographed(
    canvas: Canvas,
    *,
    backdrop: str | None = None,
    floors: Sequence[Floor] = (),
) -> Image.Image:
    names = list(_BACKDROPS)
    name = backdrop or names[int(canvas.rng.integers(len(names)))]
    weight = max(float(canvas.cover.sum()), 1.0)
    mean = canvas.rgb.sum(axis=(1, 2)) / weight
    light = _DARKER if luminance(mean) > 0.78 else 1.0
    behind = _shadow(canvas, floors) * (1 - canvas.cover) * np.float32(light)
    picture = wall(canvas.size, name, bool(floors)) * behind
    picture += canvas.rgb * fall_off(canvas.size)  # rgb is times cover already
    np.clip(picture, 0, 255, out=picture)
    planes = [Image.fromarray(plane) for plane in picture.astype(np.uint8)]
    return Image.merge("RGB", planes)


@functools.lru_cache(maxsize=8)  # 6 MB each
def wall(size: tuple[int, int], name: str, standing: bool) -> np.ndarray:
    """Return (3, H, W), 0..255: one colour, lit from the upper left."""
    width, height = size
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    light = 1.045 - 0.075 * ((x + 0.25) ** 2 + 0.75 * (y + 0.3) ** 2)
    if standing:
        floor = 1 / (1 + np.exp(-(y - 0.16) * 16))
        light = light * (1 - 0.05 * floor) + 0.03 * floor * np.exp(
            -((y - 0.6) ** 2) * 6
        )
    rows, columns = (np.arange(n) % 1024 for n in (height, width))
    light = light + grit()[rows][:, columns] * np.float32(0.0035)
    colour = np.array(_BACKDROPS[name], np.float32)
    return (light * colour[:, None, None]).astype(np.float32)


@functools.lru_cache(maxsize=4)
def fall_off(size: tuple[int, int]) -> np.ndarray:
    x = np.linspace(-1, 1, size[0], dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    return (np.float32(1) - np.float32(0.045) * x - np.float32(0.03) * y) * 255


def _shadow(canvas: Canvas, floors: Sequence[Floor]) -> np.ndarray:
    scale = canvas.scale / 2
    half = np.ascontiguousarray(canvas.cover[::2, ::2])
    shade = np.ones_like(half)
    for floor in floors:
        shade *= _on_floor(canvas, half, floor)
    if not floors:
        near = _moved(blurred(half, 5 * scale), 3 * scale, 4 * scale)
        far = _moved(blurred(half, 22 * scale), 10 * scale, 17 * scale)
        shade = (1 - 0.20 * near) * (1 - 0.30 * far)
    return enlarged(shade, canvas.cover.shape)


def _on_floor(canvas: Canvas, half: np.ndarray, floor: Floor) -> np.ndarray:
    scale = canvas.scale / 2
    ends = canvas.place(np.array([[x, floor[2]] for x in floor[:2]])) / 2
    line = ends[:, 1].mean()
    left, right = sorted(ends[:, 0])
    rows = np.arange(half.shape[0], dtype=np.float32)[:, None]
    columns = np.arange(half.shape[1], dtype=np.float32)
    low = (half * (np.abs(rows - line + 12 * scale) < 16 * scale)).max(axis=0)
    low = low * (columns > left) * (columns < right)
    width = blurred(np.repeat(low[None], 60, 0), 8 * scale)[30][None]
    contact = width * np.exp(-(((rows - line) / (7 * scale)) ** 2))
    pool = width * np.exp(-(((rows - line - 8 * scale) / (24 * scale)) ** 2))
    wide = blurred(pool.astype(np.float32), 20 * scale)
    return ((1 - 0.42 * contact) * (1 - 0.36 * wide)).astype(np.float32)


def _moved(field: np.ndarray, right: float, down: float) -> np.ndarray:
    x, y = round(right), round(down)
    out = np.zeros_like(field)
    out[y:, x:] = field[: field.shape[0] - y, : field.shape[1] - x]
    return out
