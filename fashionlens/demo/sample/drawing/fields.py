"""Smooth fields over a picture: blur, noise, enlargement. All float32."""

import functools

import numpy as np
from PIL import Image


def enlarged(field: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    image = Image.fromarray(field)
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR))


def blurred(field: np.ndarray, radius: float) -> np.ndarray:
    """Return two box blurs in each direction; the field is 0 beyond its edges."""
    reach = max(round(radius / 1.4), 1)
    for _ in range(2):
        field = _box_rows(field, reach)
        field = _box_rows(field.T, reach).T
    return field


def _box_rows(field: np.ndarray, reach: int) -> np.ndarray:
    height, width = field.shape
    total = np.zeros((height + 2 * reach + 1, width), np.float32)
    np.cumsum(field, axis=0, out=total[reach + 1 : reach + 1 + height])
    total[reach + 1 + height :] = total[reach + height]
    return (total[2 * reach + 1 :] - total[:height]) / np.float32(2 * reach + 1)


def noise(
    rng: np.random.Generator, shape: tuple[int, ...], wide: float, high: float
) -> np.ndarray:
    """Return smooth noise, about -1..1, with swells of this size in pixels."""
    rows = max(round(shape[0] / max(high, 1.0)), 1) + 3
    columns = max(round(shape[1] / max(wide, 1.0)), 1) + 3
    coarse = rng.standard_normal((rows, columns)).astype(np.float32) * np.float32(0.5)
    image = Image.fromarray(coarse)
    fine = image.resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(fine)


@functools.lru_cache(maxsize=8)
def grit(wide: int = 1, high: int = 1) -> np.ndarray:
    """Return (1024, 1024) of fine streaky noise with unit deviation."""
    rng = np.random.default_rng(11)
    coarse = rng.standard_normal((1024 // high, 1024 // wide)).astype(np.float32)
    image = Image.fromarray(coarse).resize((1024, 1024), Image.Resampling.BILINEAR)
    field = np.array(image)
    return field / field.std()
