"""The drawn sample catalogue: what the demo sells where there is no photo to be had.

Ten categories of garments, drawn as studio pictures with Pillow and NumPy. The
same seed gives the same pictures.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fashionlens.demo.sample.garments import CATEGORIES, STYLES, forget, garment
from fashionlens.demo.sample.palette import COLOURS
from fashionlens.demo.sample.plan import Look, looks

__all__ = ["CATEGORIES", "STYLES", "draw_sample", "garment"]

_BACKDROPS = ("linen", "fog", "sand", "stone", "sage", "blush")
_SECOND = {1: "back", 6: "closer", 10: "back"}  # products with a second photo


def draw_sample(folder: Path, *, per_category: int = 16, seed: int = 7) -> int:
    """Write `folder/<category>/<name>.jpg`, second photos as `<name>-2.jpg`.

    Return the number of photos. The first 16 garments of a category are planned by
    hand, the others are drawn at random.
    """
    shots = [
        _Shot(folder / category, category, look, number, row, view)
        for row, category in enumerate(CATEGORIES)
        for number, look in enumerate(_chosen(category, per_category, seed))
        for view in _views(number)
    ]
    for category in CATEGORIES:
        (folder / category).mkdir(parents=True, exist_ok=True)
    # NumPy and Pillow let go of the interpreter lock, so threads use all cores.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda shot: _take(shot, seed), shots))
    forget()
    return len(shots)


@dataclass(frozen=True)
class _Shot:
    folder: Path
    category: str
    look: Look
    number: int
    row: int
    view: str


def _views(number: int) -> list[str]:
    second = _SECOND.get(number % 16)
    return ["front", second] if second else ["front"]


def _take(shot: _Shot, seed: int) -> None:
    look = shot.look
    picture = garment(
        shot.category,
        colour=look.colour,
        pattern=look.pattern,
        style=look.style,
        second=look.second,
        seed=seed * 1000 + shot.number,
        view=shot.view,
        backdrop=_BACKDROPS[(shot.number * 5 + shot.row) % len(_BACKDROPS)],
    )
    suffix = "" if shot.view == "front" else "-2"
    name = f"{shot.number + 1:02d}-{look.name}{suffix}.jpg"
    picture.save(shot.folder / name, quality=88)


def _chosen(category: str, count: int, seed: int) -> list[Look]:
    chosen = looks(category)[:count]
    rng = np.random.default_rng([seed, *category.encode(), 1])
    patterns = ("plain", "plain", "plain", "heather", "dots", "stripes", "floral")
    while len(chosen) < count:
        style = str(rng.choice(STYLES[category]))
        solid = category in ("hat", "shoes") or style in ("puffer", "gilet", "print")
        pattern = "plain" if solid else str(rng.choice(patterns))
        chosen.append(Look(style, str(rng.choice(list(COLOURS))), pattern))
    return chosen
