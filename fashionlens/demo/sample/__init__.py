"""The drawn sample catalogue, for a demo without photos.

Ten categories of garments, drawn as studio pictures with Pillow and NumPy. The same
seed gives the same pictures.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fashionlens.demo.sample.drawing.palette import COLOURS
from fashionlens.demo.sample.garments import CATEGORIES, STYLES, clear_caches, garment
from fashionlens.demo.sample.plan import PlannedGarment, planned_garments

__all__ = ["CATEGORIES", "STYLES", "draw_sample", "garment"]

_BACKDROPS = ("linen", "fog", "sand", "stone", "sage", "blush")
_SECOND = {1: "back", 6: "closer", 10: "back"}  # products with a second photo


def draw_sample(folder: Path, *, per_category: int = 16, seed: int = 7) -> int:
    """Write `folder/<category>/<name>.jpg`, second photos as `<name>-2.jpg`.

    Return the number of photos. The first 16 garments of a category are planned by
    hand, the others are drawn at random.
    """
    shots = [
        _Shot(folder / category, category, planned, number, row, view)
        for row, category in enumerate(CATEGORIES)
        for number, planned in enumerate(_plan(category, per_category, seed))
        for view in _views(number)
    ]
    for category in CATEGORIES:
        (folder / category).mkdir(parents=True, exist_ok=True)
    # NumPy and Pillow release the interpreter lock, so threads use all cores.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda shot: _take(shot, seed), shots))
    clear_caches()
    return len(shots)


@dataclass(frozen=True)
class _Shot:
    folder: Path
    category: str
    planned: PlannedGarment
    number: int
    row: int
    view: str


def _views(number: int) -> list[str]:
    second = _SECOND.get(number % 16)
    return ["front", second] if second else ["front"]


def _take(shot: _Shot, seed: int) -> None:
    planned = shot.planned
    picture = garment(
        shot.category,
        colour=planned.colour,
        pattern=planned.pattern,
        style=planned.style,
        second=planned.second,
        seed=seed * 1000 + shot.number,
        view=shot.view,
        backdrop=_BACKDROPS[(shot.number * 5 + shot.row) % len(_BACKDROPS)],
    )
    suffix = "" if shot.view == "front" else "-2"
    name = f"{shot.number + 1:02d}-{planned.name}{suffix}.jpg"
    picture.save(shot.folder / name, quality=88)


def _plan(category: str, count: int, seed: int) -> list[PlannedGarment]:
    chosen = planned_garments(category)[:count]
    rng = np.random.default_rng([seed, *category.encode(), 1])
    patterns = ("plain", "plain", "plain", "heather", "dots", "stripes", "floral")
    while len(chosen) < count:
        style = str(rng.choice(STYLES[category]))
        solid = category in ("hat", "shoes") or style in ("puffer", "gilet", "print")
        pattern = "plain" if solid else str(rng.choice(patterns))
        chosen.append(PlannedGarment(style, str(rng.choice(list(COLOURS))), pattern))
    return chosen
