"""Curves as arrays of points, in a drawing 600 units wide and 800 high."""

import itertools
import re
from collections.abc import Iterable

import numpy as np

Points = np.ndarray  # (N, 2) float64, x to the right, y down

MIDDLE = 300.0  # garments are mirrored about this x
_TOKEN = re.compile(r"[MLCQ]|-?\d+(?:\.\d+)?")
_STEPS = 14  # points to a curve: at 600x800 no corner of them shows


def path(text: str) -> Points:
    """Return the points of an SVG path of absolute M, L, Q and C commands.

    Repeat the letter for every segment and separate numbers by spaces: `path("M 0 0 L
    10 0 Q 20 0 20 10")`.
    """
    points: list[tuple[float, float]] = []
    command, numbers = "", list[float]()
    for token in [*_TOKEN.findall(text), "M"]:
        if token not in "MLCQ":
            numbers.append(float(token))
            continue
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        points += _segment(points[-1], pairs) if command in ("C", "Q") else pairs
        command, numbers = token, []
    return np.array(points)


def _segment(
    start: tuple[float, float], rest: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    t = np.linspace(0, 1, _STEPS + 1)[1:, None]
    rows = [np.repeat([point], _STEPS, axis=0) for point in (start, *rest)]
    while len(rows) > 1:
        rows = [a + (b - a) * t for a, b in itertools.pairwise(rows)]
    return [(float(x), float(y)) for x, y in rows[0]]


def flipped(points: Points) -> Points:
    return np.column_stack([2 * MIDDLE - points[:, 0], points[:, 1]])


def mirrored(half: Points) -> Points:
    """Return a whole outline from its right half, which starts and ends in the
    middle."""
    return np.concatenate([half, flipped(half)[::-1]])


def both(points: Points) -> list[Points]:
    return [points, flipped(points)]


def between(first: Points, second: Points, part: float = 0.5) -> Points:
    t = np.linspace(0, 1, 24)
    return along(first, t) * (1 - part) + along(second, t) * part


def along(points: Points, where: np.ndarray) -> Points:
    """Return points at shares 0..1 of a curve's length."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.asarray(where) * length[-1]
    return np.column_stack([np.interp(at, length, points[:, i]) for i in (0, 1)])


def normals(points: Points) -> Points:
    """Return unit vectors to the left of the direction of travel (y down)."""
    run = np.gradient(points, axis=0)
    run /= np.maximum(np.hypot(run[:, 0], run[:, 1]), 1e-9)[:, None]
    return np.column_stack([run[:, 1], -run[:, 0]])


def ribbon(points: Points, left: float, right: float = 0.0) -> Points:
    side = normals(points)
    return np.concatenate([points + side * left, (points - side * right)[::-1]])


def moved(points: Points, right: float, down: float = 0.0) -> Points:
    return points + np.array([right, down])


def shifted(points: Points, distance: float) -> Points:
    """Return a parallel curve, to the left."""
    return points + normals(points) * distance


def tapered(points: Points, width: float) -> Points:
    """Return a stroke that swells to `width` and back."""
    dense = along(points, np.linspace(0, 1, 13))
    swell = np.sin(np.linspace(0, np.pi, 13))[:, None] * width / 2
    side = normals(dense) * swell
    return np.concatenate([dense + side, (dense - side)[::-1]])


def dashes(points: Points, length: float, gap: float) -> list[Points]:
    total = max(float(np.hypot(*np.diff(points, axis=0).T).sum()), 1e-9)
    starts = np.arange(0, max(total - length, 0) + 1e-9, length + gap)
    stops = starts[:, None] + np.array([0, length / 2, length])
    return list(along(points, stops.ravel() / total).reshape(-1, 3, 2))


def disc(x: float, y: float, radius: float, squash: float = 1.0) -> Points:
    t = np.linspace(0, 2 * np.pi, 25 if radius < 60 else 97)[:-1]
    return np.column_stack([x + radius * np.cos(t), y + radius * squash * np.sin(t)])


def turned(points: Points, degrees: float, about: Iterable[float]) -> Points:
    centre = np.array(list(about))
    a = np.radians(degrees)
    spin = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    return (points - centre) @ spin + centre
