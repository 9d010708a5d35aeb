"""Find the garments of a photo and crop the photo to them.

A small network, the finder, looks at the whole photo squeezed to a square. It gives a
mask of what is garment, how likely it is that there is any, and which side is up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from ml.preprocess import to_input

Box = tuple[float, float, float, float]  # left, top, right, bottom, shares of a side

# (N, size, size, 3) uint8 -> masks (N, m, m), presence (N,) and turns (N, 4), the last
# two as logits
Look = Callable[[np.ndarray], Sequence[np.ndarray]]

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
CERTAIN_TURN = 0.6  # below, the finder looks at the photo from all four sides
FAR = 0.6  # longer side of a garment; one that is smaller is looked at again
CLOSER = 1.5  # side of that second look, times the garment's
FINE = 128  # side of the mask after a second look
OUTSIDE = 0.01  # share of the mask beyond each side of a box
MARGIN = 0.08  # of the garment's sides, around it in its crop
LEAST_ASPECT = 0.7  # of a crop, before it is squeezed to a square
MASK_SCALE = 4  # pixels of a crop to one of its mask
LEAST_PRESENCE = 0.5
MOST_BOXES = 4
LEAST_SHARE = 0.08  # of all garment pixels, in a box of its own
LEAST_GARMENT = 1e-3  # share of the photo


@dataclass(frozen=True)
class Garment:
    """Where a garment lies in a picture.

    `box` is left, top, right, bottom in shares (0..1) of the picture's sides, `share`
    the share of the picture that the garment covers. Turning the picture `turn`
    degrees (0, 90, 180 or 270) counter-clockwise puts the garment upright.
    """

    box: Box
    share: float
    turn: int = 0


@dataclass(frozen=True)
class Finding:
    """The garments in a picture, the largest first; none where `presence` is low.

    `presence` (0..1) is how sure the network is that there is a garment.
    """

    garments: tuple[Garment, ...]
    presence: float


WHOLE_PICTURE = Finding((Garment(WHOLE, 1.0),), 1.0)


@dataclass(frozen=True)
class Sight:
    """What the finder sees in one photo."""

    mask: np.ndarray  # (m, m) float32 0..1, of the whole photo
    presence: float  # logit
    turn: int


def look(images: Sequence[Image.Image], finder: Look, size: int) -> list[Sight]:
    """Look at each photo; again from other sides, or closer, where that helps."""
    pixels = np.stack([to_input(image, size) for image in images])
    found = []
    for image, small, *seen in zip(images, pixels, *finder(pixels), strict=True):
        closer = _closer(image, seen, finder, size)
        found.append(closer or _certain(small, seen, finder))
    return found


def _certain(pixels: np.ndarray, seen: list, finder: Look) -> Sight:
    mask, presence, turns = seen
    if _shares(turns).max() < CERTAIN_TURN:
        sides = np.stack([np.rot90(pixels, k) for k in (1, 2, 3)])
        for k, (m, p, t) in enumerate(zip(*finder(sides), strict=True), start=1):
            mask = mask + np.rot90(m, -k)
            presence, turns = presence + p, turns + np.roll(t, -k)
        mask, presence = mask / 4, presence / 4
    return Sight(np.ascontiguousarray(mask), float(presence), int(turns.argmax()))


def _closer(image: Image.Image, seen: list, finder: Look, size: int) -> Sight | None:
    """Look again at a garment that is far away; return None where it is near."""
    box = mask_box(seen[0], 2 * OUTSIDE)
    if box is None or max(box[2] - box[0], box[3] - box[1]) >= FAR:
        return None
    width, height = image.size
    x, y = (box[0] + box[2]) / 2 * width, (box[1] + box[3]) / 2 * height
    side = CLOSER * max((box[2] - box[0]) * width, (box[3] - box[1]) * height, 24)
    left = int(np.clip(x - side / 2, 0, max(0, width - side)))
    top = int(np.clip(y - side / 2, 0, max(0, height - side)))
    right, bottom = min(width, int(left + side + 1)), min(height, int(top + side + 1))
    part = image.crop((left, top, right, bottom))
    small = to_input(part, size)
    closer = _certain(small, [x[0] for x in finder(small[None])], finder)
    ends = np.array([left, top, right, bottom]) * FINE / np.tile(image.size, 2)
    x0, y0, x1, y1 = ends.round().astype(int).tolist()
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    mask = np.zeros((FINE, FINE), np.float32)
    mask[y0:y1, x0:x1] = _resized(closer.mask, (x1 - x0, y1 - y0))[
        : FINE - y0, : FINE - x0
    ]
    return Sight(mask, max(float(seen[1]), closer.presence), closer.turn)


def mask_box(mask: np.ndarray, outside: float = OUTSIDE) -> Box | None:
    """Return the box that holds the garment but for a small share on each side."""
    if len(mask) < FINE:
        mask = _resized(mask, (FINE, FINE))
    sure = np.where(mask > 0.5, mask, 0)
    if sure.sum() < LEAST_GARMENT * sure.size:
        return None
    left, right = _ends(sure.sum(axis=0), outside)
    top, bottom = _ends(sure.sum(axis=1), outside)
    return left, top, right, bottom


def _ends(sums: np.ndarray, outside: float) -> tuple[float, float]:
    reached = np.append(0, sums.cumsum()) / sums.sum()
    places = np.arange(len(reached)) / len(sums)
    first, last = np.interp([outside, 1 - outside], reached, places)
    return float(first), float(last)


def _presence(sight: Sight) -> float:
    return float(1 / (1 + np.exp(-sight.presence)))


def is_present(sight: Sight) -> bool:
    return _presence(sight) >= LEAST_PRESENCE


def finding_of(sight: Sight) -> Finding:
    """Return up to four garments, the largest first; none if there is none."""
    presence = _presence(sight)
    if not is_present(sight):
        return Finding((), presence)
    turn = -90 * sight.turn % 360
    sure = sight.mask > 0.5
    labels = _islands(sure)
    sizes = np.bincount(labels[sure], minlength=labels.max() + 1)
    found = []
    for label in np.argsort(-sizes, kind="stable")[:MOST_BOXES]:
        if sizes[label] >= max(1, LEAST_SHARE * sizes.sum()):
            island = sure & (labels == label)
            found.append(Garment(_bounds(island), float(island.mean()), turn))
    # There is a garment, but the mask cannot say where.
    return Finding(tuple(found) or (Garment(WHOLE, 1.0, turn),), presence)


def _bounds(cells: np.ndarray) -> Box:
    side = len(cells)
    columns, rows = (np.flatnonzero(cells.any(axis=axis)) for axis in (0, 1))
    left, right = columns[0] / side, (columns[-1] + 1) / side
    top, bottom = rows[0] / side, (rows[-1] + 1) / side
    return float(left), float(top), float(right), float(bottom)


def only(sight: Sight, garment: Garment) -> Sight:
    """Return what is seen of one garment."""
    left, top, right, bottom = (round(end * len(sight.mask)) for end in garment.box)
    mask = np.zeros_like(sight.mask)
    mask[top:bottom, left:right] = sight.mask[top:bottom, left:right]
    return Sight(mask, sight.presence, -garment.turn // 90 % 4)


def _islands(sure: np.ndarray) -> np.ndarray:
    """Number the parts of a mask from 1; parts with a gap of two cells are one."""
    near = _spread(np.where(sure, 1, 0)) > 0
    labels = np.where(near, np.arange(1, near.size + 1).reshape(near.shape), 0)
    while True:
        spread = np.where(near, _spread(labels), 0)
        if (spread == labels).all():
            return np.unique(np.append(0, labels), return_inverse=True)[1][1:].reshape(
                sure.shape
            )
        labels = spread


def _spread(values: np.ndarray) -> np.ndarray:
    """Return the highest of each cell and its eight neighbours."""
    wide = np.pad(values, 1)
    rows = np.maximum(np.maximum(wide[:-2], wide[1:-1]), wide[2:])
    return np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])


def crop(
    image: Image.Image, sight: Sight, size: int, margin: float = MARGIN
) -> tuple[np.ndarray, np.ndarray]:
    """Return the garment upright: (size, size, 3) uint8 and its mask, a quarter of it.

    The crop has a margin around the garment; beyond the photo its edge goes on.
    """
    mask = np.rot90(sight.mask, -sight.turn)
    if sight.turn:
        image = image.transpose(_TURNS[sight.turn])
    box = mask_box(mask)
    cells = size // MASK_SCALE
    if box is None:
        return to_input(image, size), np.full((cells, cells), 255, np.uint8)
    frame = _frame(box, *image.size, margin)
    pixels = _cut(image, frame, size, "edge")
    garment = _cut(_as_image(mask), frame, cells, "constant")
    return pixels, (255 * garment.clip(0, 1)).round().astype(np.uint8)


_TURNS = {
    1: Image.Transpose.ROTATE_270,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_90,
}


def _frame(box: Box, width: int, height: int, margin: float) -> Box:
    """Add the margin to a box and make it less narrow."""
    w, h = ((1 + 2 * margin) * (box[i + 2] - box[i]) for i in (0, 1))
    w, h = w * width, h * height
    w, h = max(w, LEAST_ASPECT * h) / width, max(h, LEAST_ASPECT * w) / height
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def _cut(
    image: Image.Image, frame: Box, size: int, beyond: Literal["edge", "constant"]
) -> np.ndarray:
    """Return the frame of an image as (size, size, ...), antialiased."""
    spans = [_span(frame[i], frame[i + 2], size) for i in (0, 1)]
    (left, right, before_x, w), (top, bottom, before_y, h) = spans
    width, height = image.size
    box = (left * width, top * height, right * width, bottom * height)
    inside = np.asarray(
        image.resize((w, h), Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)
    )
    room = [(before_y, size - h - before_y), (before_x, size - w - before_x)]
    return np.pad(inside, room + [(0, 0)] * (inside.ndim - 2), mode=beyond)


def _span(start: float, end: float, size: int) -> tuple[float, float, int, int]:
    """Return the part within 0..1, the pixels before it and its pixels."""
    low, high = max(0.0, start), min(1.0, end)
    before = round((low - start) / (end - start) * size)
    pixels = max(1, round((high - start) / (end - start) * size) - before)
    before = min(before, size - 1)
    return low, high, before, min(pixels, size - before)


def _resized(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(_as_image(mask).resize(size, Image.Resampling.BILINEAR))


def _as_image(mask: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(mask, dtype=np.float32))


def _shares(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()
