"""What a photo shows without a network: garment colour, pattern, background.

Measured on the pixels alone, so that they can say what the neighbours an encoder
finds have in common: the colour of the garment and how busy it is (wanted), the
backdrop it was photographed on (not wanted).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from ml.measure.metrics import distances

SIDE = 64  # pixels a photo is made small to
CENTRE = 0.4  # of each side: taken for the garment
BORDER = 0.08  # of each side: taken for the backdrop
NEAR_COLOUR = 15.0  # CIE 1976 colour difference: two shades of one colour name
NEAR_PATTERN = 1.5  # times as busy, at most
LEAST_CELLS = 16  # of a mask; with fewer it says nothing
K = 10


@dataclass(frozen=True)
class PixelFeatures:
    """Of N photos, in one order."""

    garment: np.ndarray  # (N, 3) CIELAB, median of the centre or of a mask
    busy: np.ndarray  # (N,) mean step of lightness between neighbours there
    border: np.ndarray  # (N, 3) CIELAB, median along the four edges

    @classmethod
    def from_images(cls, images: Sequence[Image.Image]) -> PixelFeatures:
        small = [_small_lab(image) for image in images]
        return cls(
            np.array([_garment(lab) for lab in small]).reshape(-1, 3),
            np.array([_busy(lab) for lab in small]),
            np.array([_border(lab) for lab in small]).reshape(-1, 3),
        )

    def inside(self, pixels: np.ndarray, masks: np.ndarray) -> PixelFeatures:
        """Return the features with garments measured inside masks.

        `pixels` (N, size, size, 3) and `masks` (N, m, m) are uint8, 255 on the garment.
        """
        pairs = [_masked(*pair) for pair in zip(pixels, masks, strict=True)]
        garments, busy = zip(*pairs, strict=True)
        return replace(self, garment=np.stack(garments), busy=np.array(busy))

    @classmethod
    def concatenate(cls, parts: Sequence[PixelFeatures]) -> PixelFeatures:
        return cls(
            np.concatenate([part.garment for part in parts]),
            np.concatenate([part.busy for part in parts]),
            np.concatenate([part.border for part in parts]),
        )


def near_colour(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """(Q, 3), (G, 3) CIELAB -> (Q, G) bool."""
    # Channel by channel: all three at once would be gigabytes for a large shop.
    apart = sum((ours[:, None, i] - theirs[None, :, i]) ** 2 for i in range(3))
    return apart <= NEAR_COLOUR**2


def near_pattern(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """(Q,), (G,) -> (Q, G) bool: neither is much busier than the other."""
    ours, theirs = (np.log(np.maximum(busy, 0.1)) for busy in (ours, theirs))
    return np.abs(ours[:, None] - theirs[None, :]) <= np.log(NEAR_PATTERN)


def near_share(
    queries: np.ndarray, gallery: np.ndarray, near: np.ndarray, same: np.ndarray
) -> dict[str, float]:
    """Share of the K closest that are near, and of a query's category by chance.

    (Q, D), (G, D) unit vectors, (Q, G) bool: alike in the look asked for, and of
    one category. Queries alone in their category do not count. `lift` is the first
    over the second: 1 where the look says nothing about the neighbours.
    """
    counted = same.any(axis=1)
    if not counted.any():
        return dict.fromkeys((f"share@{K}", "chance", "lift"), float("nan"))
    near, same = near[counted], same[counted]
    found = distances(queries[counted], gallery)
    closest = np.argsort(found, axis=1, kind="stable")[:, :K]
    share = float(np.take_along_axis(near, closest, axis=1).mean())
    chance = float(((near & same).sum(axis=1) / same.sum(axis=1)).mean())
    lift = share / chance if chance else float("nan")
    return {f"share@{K}": share, "chance": chance, "lift": lift}


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """(..., 3) uint8 sRGB -> (..., 3) CIELAB, D65 (IEC 61966-2-1; CIE 15:2004)."""
    values = rgb.astype(np.float64) / 255
    linear = np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )
    xyz = linear @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _TO_XYZ.sum(axis=1)


def _small_lab(image: Image.Image) -> np.ndarray:
    small = image.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2)
    return to_lab(np.asarray(small))


def _centre(lab: np.ndarray) -> np.ndarray:
    start = round(SIDE * (1 - CENTRE) / 2)
    return lab[start : SIDE - start, start : SIDE - start]


def _garment(lab: np.ndarray) -> np.ndarray:
    return np.median(_centre(lab).reshape(-1, 3), axis=0)


def _busy(lab: np.ndarray) -> float:
    lightness = _centre(lab)[..., 0]
    steps = (np.abs(np.diff(lightness, axis=axis)).mean() for axis in (0, 1))
    return float(sum(steps) / 2)


def _masked(pixels: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the median colour and the mean step of lightness inside a mask."""
    lab = _small_lab(Image.fromarray(pixels))
    small = Image.fromarray(mask).resize((SIDE, SIDE), Image.Resampling.BOX)
    inside = np.asarray(small) > 127
    if inside.sum() < LEAST_CELLS:
        return _garment(lab), _busy(lab)
    steps = []
    for axis in (0, 1):
        both = np.diff(inside.astype(int), axis=axis) == 0
        both &= inside[:-1] if axis == 0 else inside[:, :-1]
        steps.append(np.abs(np.diff(lab[..., 0], axis=axis))[both].mean())
    return np.median(lab[inside], axis=0), float(np.mean(steps))


def _border(lab: np.ndarray) -> np.ndarray:
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    edge = round(SIDE * BORDER)
    inside[edge:-edge, edge:-edge] = True
    return np.median(lab[~inside], axis=0)
