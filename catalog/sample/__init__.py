"""The drawn sample catalogue: what the demo sells where there is no photo to be had.

Ten categories of garments, drawn as studio pictures with Pillow and NumPy. The
same seed gives the same pictures.
"""

import logging
from pathlib import Path

import numpy as np

from catalog.sample.garments import CATEGORIES, STYLES, garment
from catalog.sample.palette import COLOURS
from catalog.sample.plan import Look, looks

__all__ = ["CATEGORIES", "STYLES", "draw_sample", "garment"]

_BACKDROPS = ("linen", "fog", "sand", "stone", "sage", "blush")
_MORE = {1: "back", 6: "closer", 10: "back"}  # products with a second photo
logger = logging.getLogger(__name__)


def draw_sample(folder: Path, *, per_category: int = 16, seed: int = 7) -> int:
    """Write `folder/<category>/<name>.jpg`; further photos are `<name>-2.jpg`.

    Returns how many photos were written. The first 16 garments of a category
    are chosen by hand, those beyond are drawn by lot.
    """
    count = 0
    for row, category in enumerate(CATEGORIES):
        room = folder / category
        room.mkdir(parents=True, exist_ok=True)
        for number, look in enumerate(_chosen(category, per_category, seed)):
            views = ["front"]
            if number % 16 in _MORE:
                views.append(_MORE[number % 16])
            for place, view in enumerate(views, start=1):
                suffix = "" if place == 1 else f"-{place}"
                picture = garment(
                    category,
                    colour=look.colour,
                    pattern=look.pattern,
                    style=look.style,
                    second=look.second,
                    seed=seed * 1000 + number,
                    view=view,
                    backdrop=_BACKDROPS[(number * 5 + row) % len(_BACKDROPS)],
                )
                name = f"{number + 1:02d}-{look.name}{suffix}.jpg"
                picture.save(room / name, quality=88)
                count += 1
    return count


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
