"""Pieces of cloth laid on one another, each lit as a soft relief."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from fashionlens.demo.sample.drawing.cloth import Cloth, weave
from fashionlens.demo.sample.drawing.fields import blurred, enlarged, noise
from fashionlens.demo.sample.drawing.palette import toned
from fashionlens.demo.sample.drawing.paths import Points, tapered

_FINE = 3  # outlines are filled at three times the size, then averaged
_LIGHT = (0.5, 0.86)  # from the upper left

Fold = tuple[Points, float, float]  # where, how wide, how high (below 0: a crease)
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels


@dataclass(frozen=True)
class View:
    """The view of the 600 x 800 drawing."""

    zoom: float = 1.0
    centre: tuple[float, float] = (300.0, 400.0)
    turn: float = 0.0  # degrees
    mirror: bool = False
    back: bool = False  # the garment from behind


@dataclass(frozen=True)
class Relief:
    """The relief of a piece of cloth."""

    puff: float = 12.0  # how far in from its edge the piece is rounded
    height: float = 0.62  # of that rounding
    crumple: float = 1.0
    grain: tuple[float, float] = (90.0, 150.0)  # width and height of a wrinkle
    quilt: float = 0.0  # height of a quilted band
    ribs: float = 0.0  # distance of ribs, 0 for none
    shadow: float = 0.30  # cast on the pieces below


@dataclass
class Canvas:
    """The garment drawn so far: premultiplied colour and cover, 0..1 float32."""

    size: tuple[int, int]
    view: View
    rng: np.random.Generator
    rgb: np.ndarray = field(init=False)  # (3, H, W): planes are quicker
    cover: np.ndarray = field(init=False)  # (H, W)

    def __post_init__(self) -> None:
        width, height = self.size
        self.rgb = np.zeros((3, height, width), np.float32)
        self.cover = np.zeros((height, width), np.float32)
        self.scale = width / 600 * self.view.zoom
        self._last: tuple[Box, np.ndarray] | None = None
        a = np.radians(self.view.turn)
        self._spin = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
        if self.view.mirror:
            self._spin = np.diag([-1.0, 1.0]) @ self._spin
        self._sway = self.rng.uniform(-1, 1, 6)
        self.shift = (0.0, 0.0)  # moves what is drawn next, in drawing units

    def place(self, points: Points) -> Points:
        x, y = points[:, 0], points[:, 1]
        a, b, c, d, e, f = self._sway
        sway = np.column_stack(
            [
                1.8 * a * np.sin(y / 95 + 3 * b) + 1.1 * c * np.sin(y / 41 + x / 130),
                2.2 * d * np.sin(x / 120 + 3 * e) + 1.1 * f * np.sin(x / 47 + y / 150),
            ]
        )
        moved = points + sway + self.shift
        centred = (moved - self.view.centre) @ self._spin
        return centred * self.scale + np.array(self.size) / 2

    def part(
        self,
        outlines: Points | Sequence[Points],
        cloth: Cloth,
        relief: Relief | None = None,
        *,
        turn: float = 0.0,
        folds: Sequence[Fold] = (),
    ) -> None:
        """Lay a piece of cloth on the canvas; `turn` is the direction of its thread."""
        relief = relief or Relief()
        pieces = [outlines] if isinstance(outlines, np.ndarray) else outlines
        placed = [self.place(piece) for piece in pieces]
        box = self._box(placed, relief.puff * self.scale)
        if box is None:
            self._last = None
            return
        mask = self._filled(placed, box)
        light = self._light(mask, box, folds, relief)
        colour = weave(cloth, *self._thread(box, turn, light), self.scale)
        self._cast(mask, box, relief)
        sheen = (light - 1) * np.float32(0.085)
        self._lay(colour * light + sheen, mask, box)
        self._last = (box, mask)

    def lines(
        self,
        lines: Sequence[Points],
        width: float = 1.3,
        tone: float = -0.3,
        *,
        colour: np.ndarray | None = None,
        inside: bool = True,
    ) -> None:
        """Darken (tone < 0), lighten or colour along lines of the last piece."""
        if self._last is None or not lines:
            return
        ends = np.cumsum([len(line) for line in lines])[:-1]
        placed = np.split(self.place(np.concatenate(lines)), ends)
        ink_box = self._box(placed, 2 * width * self.scale)
        if ink_box and inside:
            ink_box = _overlap(ink_box, self._last[0])
        if ink_box is None:
            return
        ink = self._stroked(placed, ink_box, width * self.scale)
        if inside:
            ink = ink * _cut_out(*self._last, ink_box)
        left, top, right, bottom = ink_box
        area = self.rgb[:, top:bottom, left:right]
        if colour is not None:
            goal = np.broadcast_to(colour[:, None, None], area.shape)
            strength = ink * np.float32(min(abs(tone) + 0.0, 1.0))
        else:
            goal = toned(area, tone)
            strength = ink
        area += (goal - area) * strength

    def _box(self, placed: Sequence[Points], margin: float) -> Box | None:
        points = np.concatenate(placed)
        low = np.maximum(np.floor(points.min(axis=0) - margin), 0).astype(int)
        high = np.minimum(np.ceil(points.max(axis=0) + margin), self.size).astype(int)
        if (high - low < 4).any():  # too small for a slope, and to be seen
            return None
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def _filled(self, placed: Sequence[Points], box: Box) -> np.ndarray:
        image, draw = _sheet(box)
        for piece in placed:
            draw.polygon(_fine(piece, box), fill=255)
        return _averaged(image)

    def _stroked(self, placed: Sequence[Points], box: Box, width: float) -> np.ndarray:
        image, draw = _sheet(box)
        for piece in placed:
            draw.line(
                _fine(piece, box), 255, max(round(width * _FINE), 1), joint="curve"
            )
        return _averaged(image)

    def _thread(
        self, box: Box, turn: float, light: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        left, top, right, bottom = box
        x = (np.arange(left, right, dtype=np.float32) - self.size[0] / 2) / self.scale
        y = (np.arange(top, bottom, dtype=np.float32) - self.size[1] / 2) / self.scale
        if self.view.mirror:
            x = -x
        a = np.radians(turn + self.view.turn)
        cos, sin = np.float32(np.cos(a)), np.float32(np.sin(a))
        bend = (light - 1) * np.float32(9.0)
        u = (x * cos)[None, :] + (y * sin)[:, None] + bend
        v = (y * cos)[:, None] - (x * sin)[None, :] + bend
        return u + np.float32(self.view.centre[0]), v + np.float32(self.view.centre[1])

    def _light(
        self, mask: np.ndarray, box: Box, folds: Sequence[Fold], relief: Relief
    ) -> np.ndarray:
        half = _halved(mask)
        scale = self.scale / 2
        radius = max(relief.puff * scale, 1.0)
        round_off = blurred(half, radius)
        height: np.ndarray = round_off * (radius * 2.2 * relief.height)
        height += self._folded(half.shape, box, folds)
        if relief.crumple:
            height += self._crumpled(half.shape, relief) * (relief.crumple * scale)
        slope_y, slope_x = np.gradient(height)
        light: np.ndarray = 1 + 0.55 * (slope_x * _LIGHT[0] + slope_y * _LIGHT[1])
        light -= 0.13 * np.clip(1.0 - (round_off - 0.5) * 2, 0, 1) ** 2
        light += self._ruled(half.shape, box, relief)
        return enlarged(np.clip(light, 0.35, 1.6).astype(np.float32), mask.shape)

    def _crumpled(self, shape: tuple[int, int], relief: Relief) -> np.ndarray:
        wide, high = (float(g * self.scale / 2) for g in relief.grain)
        return noise(self.rng, shape, wide, high) * 5.0 + noise(
            self.rng, shape, wide / 2.6, high / 2.6
        ) * np.float32(1.5)

    def _ruled(self, shape: tuple[int, int], box: Box, relief: Relief) -> np.ndarray:
        rows: np.ndarray = (
            np.arange(shape[0], dtype=np.float32) * 2 + box[1]
        ) / self.scale
        columns = (np.arange(shape[1], dtype=np.float32) * 2 + box[0]) / self.scale
        light = np.zeros(shape, np.float32)
        if relief.quilt:
            phase = np.mod(rows / relief.quilt, 1)
            light += (0.24 * np.cos(np.pi * phase) - 0.2 * (phase > 0.93))[:, None]
        if relief.ribs:
            light += (0.09 * np.sin(columns * (2 * np.pi / relief.ribs)))[None, :]
        return light

    def _folded(
        self, shape: tuple[int, int], box: Box, folds: Sequence[Fold]
    ) -> np.ndarray:
        if not folds:
            return np.zeros(shape, np.float32)
        image = Image.new("L", shape[::-1], 128)
        draw = ImageDraw.Draw(image)
        for line, width, height in folds:
            placed = (self.place(tapered(line, width)) - box[:2]) / 2
            level = 128 + int(np.clip(height, -1, 1) * 120)
            draw.polygon([(float(x), float(y)) for x, y in placed], fill=level)
        level_map = np.asarray(image, np.float32) / 128 - 1
        return blurred(level_map, 3.2 * self.scale / 2 * 2) * (9.0 * self.scale / 2)

    def _cast(self, mask: np.ndarray, box: Box, relief: Relief) -> None:
        if not relief.shadow:
            return
        left, top, right, bottom = box
        reach = max(round(5 * self.scale), 1)
        soft = blurred(_halved(mask), 3.5 * self.scale / 2)
        fallen = np.zeros_like(mask)
        fallen[reach:, reach // 2 :] = enlarged(soft, mask.shape)[
            : mask.shape[0] - reach, : mask.shape[1] - reach // 2
        ]
        area = self.rgb[:, top:bottom, left:right]
        area *= 1 - relief.shadow * fallen

    def _lay(self, colour: np.ndarray, mask: np.ndarray, box: Box) -> None:
        left, top, right, bottom = box
        area = self.rgb[:, top:bottom, left:right]
        area += (np.clip(colour, 0, 1) - area) * mask
        cover = self.cover[top:bottom, left:right]
        cover += (1 - cover) * mask


def _overlap(first: Box, second: Box) -> Box | None:
    left, top = max(first[0], second[0]), max(first[1], second[1])
    right, bottom = min(first[2], second[2]), min(first[3], second[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


def _cut_out(box: Box, mask: np.ndarray, inner: Box) -> np.ndarray:
    rows = slice(inner[1] - box[1], inner[3] - box[1])
    return mask[rows, inner[0] - box[0] : inner[2] - box[0]]


def _sheet(box: Box) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    size = ((box[2] - box[0]) * _FINE, (box[3] - box[1]) * _FINE)
    image = Image.new("L", size, 0)
    return image, ImageDraw.Draw(image)


def _fine(points: Points, box: Box) -> list[tuple[float, float]]:
    return [(x, y) for x, y in ((points - np.array(box[:2])) * float(_FINE)).tolist()]


def _averaged(image: Image.Image) -> np.ndarray:
    return np.asarray(image.reduce(_FINE), np.float32) / 255


def _halved(mask: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(mask[::2, ::2])
