"""One garment, drawn and photographed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from fashionlens.demo.sample import studio
from fashionlens.demo.sample.drawing import tiles
from fashionlens.demo.sample.drawing.canvas import Canvas, View
from fashionlens.demo.sample.drawing.cloth import PATTERNS, Cloth
from fashionlens.demo.sample.drawing.fields import grit
from fashionlens.demo.sample.drawing.palette import COLOURS, Colour, rgb
from fashionlens.demo.sample.pieces import (
    dresses,
    hats,
    shoes,
    skirts,
    top_styles,
    trousers,
)
from fashionlens.demo.sample.studio import photographed

STYLES: dict[str, list[str]] = {
    "dress": list(dresses.DRESSES),
    "hat": list(hats.HATS),
    "longsleeve": list(top_styles.TOPS["longsleeve"]),
    "outwear": list(top_styles.TOPS["outwear"]),
    "pants": list(trousers.CUTS["pants"]),
    "shirt": list(top_styles.TOPS["shirt"]),
    "shoes": list(shoes.SHOES),
    "shorts": list(trousers.CUTS["shorts"]),
    "skirt": list(skirts.SKIRTS),
    "t-shirt": list(top_styles.TOPS["t-shirt"]),
}
CATEGORIES = tuple(STYLES)


@dataclass(frozen=True)
class _Frame:
    zoom: float
    middle: float  # y
    closer: tuple[float, float]


_FRAMES = {
    "dress": _Frame(1.0, 385, (300, 220)),
    "hat": _Frame(1.12, 400, (270, 390)),
    "longsleeve": _Frame(1.05, 388, (310, 260)),
    "outwear": _Frame(1.03, 392, (320, 260)),
    "pants": _Frame(1.03, 408, (310, 190)),
    "shirt": _Frame(1.05, 392, (310, 260)),
    "shoes": _Frame(1.06, 420, (230, 440)),
    "shorts": _Frame(1.28, 385, (310, 300)),
    "skirt": _Frame(1.14, 405, (310, 260)),
    "t-shirt": _Frame(1.24, 388, (310, 270)),
}


def garment(
    category: str,
    *,
    colour: str | Colour,
    pattern: str = "plain",
    size: tuple[int, int] = (600, 800),
    seed: int = 0,
    style: str | None = None,
    second: str | Colour | None = None,
    view: str = "front",
    backdrop: str | None = None,
) -> Image.Image:
    """Return a studio picture of one garment.

    `view` is front, back (a rotated view of hats and shoes) or closer. Without `style`,
    the seed chooses one. Raise ValueError for an unknown category, colour, pattern,
    style or view.
    """
    rng = np.random.default_rng([seed, *category.encode()])
    styles = STYLES[_known(category, STYLES, "category")]
    style = style or styles[int(rng.integers(len(styles)))]
    _known(style, styles, f"style of {category}")
    _known(pattern, PATTERNS, "pattern")
    _known(view, ("front", "back", "closer"), "view")
    for name in (colour, second):
        if isinstance(name, str):
            _known(name, COLOURS, "colour")
    cloth = Cloth(rgb(colour), pattern, None if second is None else rgb(second), seed)
    seen = _view(category, view, rng)
    if view == "closer":
        return _cropped(category, style, cloth, seen, rng, size, backdrop)
    canvas = Canvas(size, seen, rng)
    _draw(canvas, category, style, cloth)
    floors = shoes.FLOORS if category == "shoes" else ()
    return photographed(canvas, backdrop=backdrop, floors=floors)


def clear_caches() -> None:
    """Free the cached walls and printed cloth, about 100 MB."""
    for cached in (studio.wall, studio.fall_off, tiles.tile, grit):
        cached.cache_clear()


def _cropped(
    category: str,
    style: str,
    cloth: Cloth,
    view: View,
    rng: np.random.Generator,
    size: tuple[int, int],
    backdrop: str | None,
) -> Image.Image:
    margin = round(size[0] * 0.08)
    wide, high = size[0] + 2 * margin, size[1] + 2 * margin
    seen = replace(view, zoom=view.zoom * size[0] / wide)
    canvas = Canvas((wide, high), seen, rng)
    _draw(canvas, category, style, cloth)
    picture = photographed(canvas, backdrop=backdrop)
    return picture.crop((margin, margin, margin + size[0], margin + size[1]))


def _known(name: str, known: Iterable[str], noun: str) -> str:
    names = list(known)
    if name not in names:
        raise ValueError(f"No {noun} {name!r}. Choose one of {', '.join(names)}.")
    return name


def _view(category: str, view: str, rng: np.random.Generator) -> View:
    frame = _FRAMES[category]
    zoom = frame.zoom * rng.uniform(0.97, 1.03)
    turn = rng.uniform(-1.2, 1.2) if category != "shoes" else 0.0
    if view == "closer":
        return View(zoom * 1.75, frame.closer, turn * 4)
    solid = category in ("hat", "shoes")
    return View(
        zoom,
        (300.0, frame.middle),
        turn,
        mirror=view == "back" and solid,
        back=view == "back" and not solid,
    )


def _draw(canvas: Canvas, category: str, style: str, cloth: Cloth) -> None:
    if category in top_styles.TOPS:
        top_styles.draw(canvas, category, style, cloth)
    elif category in ("pants", "shorts"):
        trousers.draw(canvas, category, style, cloth)
    else:
        room = {"dress": dresses, "hat": hats, "shoes": shoes, "skirt": skirts}[
            category
        ]
        room.draw(canvas, style, cloth)  # type: ignore[attr-defined]
