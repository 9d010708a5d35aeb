"""The styles of t-shirt, longsleeve, shirt and outwear."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import stitch
from fashionlens.demo.sample.drawing.paths import both, path
from fashionlens.demo.sample.drawing.prints import printed
from fashionlens.demo.sample.pieces.cut import Top
from fashionlens.demo.sample.pieces.skirts import belt
from fashionlens.demo.sample.pieces.tops import draw_top

TEE = Top()
LONG = Top(sleeve=392, angle=12, cuff=52, hem=148)
SHIRT = replace(
    LONG,
    collar="shirt",
    opening="buttons",
    drop=34,
    tail=44,
    bottom=640,
    pocket="chest",
    cuff=54,
    neck=48,
)
COAT = Top(
    top=120,
    sleeve=420,
    angle=11,
    cuff=66,
    shoulder=132,
    chest=148,
    waist=138,
    hem=160,
    bottom=690,
    collar="lapel",
    v=True,
    drop=170,
    neck=46,
    opening="single",
    pocket="flaps",
)
JACKET = replace(
    LONG,
    collar="stand",
    opening="zip",
    rib=26,
    neck=46,
    drop=24,
    top=155,
    pocket="welt",
    chest=156,
    hem=154,
    cuff=60,
    bottom=600,
    puff=14,
)

TOPS: dict[str, dict[str, Top]] = {
    "t-shirt": {
        "crew": TEE,
        "v-neck": replace(TEE, v=True, drop=82),
        "oversized": replace(
            TEE,
            shoulder=160,
            slope=42,
            chest=176,
            waist=174,
            hem=176,
            sleeve=128,
            cuff=92,
            angle=27,
            bottom=622,
        ),
        "fitted": replace(
            TEE,
            shoulder=116,
            chest=124,
            waist=110,
            hem=124,
            sleeve=88,
            cuff=56,
            neck=56,
            drop=66,
            bottom=580,
            angle=30,
        ),
        "pocket": replace(TEE, pocket="chest"),
        "ringer": TEE,
        "polo": replace(
            TEE, collar="polo", opening="half", drop=34, neck=46, rib=14, open_hem=True
        ),
        "print": TEE,
        "tank": replace(
            TEE,
            sleeve=0,
            neck=62,
            shoulder=92,
            slope=10,
            drop=92,
            arm=150,
            chest=136,
            waist=134,
            hem=140,
        ),
    },
    "longsleeve": {
        "crew": replace(LONG, rib=22),
        "tee": LONG,
        "v-neck": replace(LONG, v=True, drop=96, rib=22),
        "henley": replace(LONG, opening="half", drop=44),
        "sweatshirt": replace(
            LONG, rib=30, shoulder=146, chest=164, waist=162, hem=160, cuff=62, puff=16
        ),
        "hoodie": replace(
            LONG,
            rib=30,
            collar="hood",
            pocket="kangaroo",
            puff=16,
            shoulder=146,
            chest=162,
            waist=160,
            hem=158,
            cuff=62,
            top=180,
        ),
        "turtleneck": replace(LONG, collar="roll", drop=28, neck=46, rib=24),
        "jumper": replace(
            LONG,
            rib=30,
            shoulder=144,
            chest=162,
            waist=160,
            hem=156,
            cuff=60,
            neck=56,
            puff=18,
        ),
        "boat": replace(LONG, neck=88, drop=26, slope=22),
    },
    "shirt": {
        "oxford": SHIRT,
        "work": replace(SHIRT, pocket="chests"),
        "dress": replace(SHIRT, pocket="", chest=142, waist=132, hem=142),
        "short": replace(SHIRT, sleeve=130, angle=31, cuff=80, tail=0, bottom=622),
        "camp": replace(
            SHIRT,
            sleeve=136,
            angle=29,
            cuff=88,
            tail=0,
            bottom=606,
            chest=160,
            waist=158,
            hem=160,
            shoulder=144,
            drop=60,
            v=True,
        ),
        "band": replace(SHIRT, collar="rib", drop=26, neck=44, pocket=""),
        "blouse": replace(
            SHIRT,
            pocket="",
            chest=138,
            waist=124,
            hem=140,
            tail=20,
            cuff=66,
            v=True,
            drop=70,
        ),
    },
    "outwear": {
        "bomber": JACKET,
        "denim": replace(
            JACKET,
            collar="shirt",
            opening="snaps",
            rib=0,
            pocket="chests",
            drop=34,
            bottom=590,
            cuff=58,
        ),
        "puffer": replace(
            JACKET, quilt=44, puff=18, chest=166, hem=160, cuff=72, rib=18, pocket=""
        ),
        "gilet": replace(
            JACKET,
            quilt=44,
            puff=18,
            sleeve=0,
            rib=0,
            shoulder=128,
            chest=158,
            hem=156,
            pocket="",
        ),
        "blazer": replace(COAT, bottom=610, drop=200, top=135, hem=156, sleeve=400),
        "coat": COAT,
        "pea": replace(COAT, opening="double", bottom=620, drop=120, top=135, hem=158),
        "trench": replace(COAT, opening="double", drop=120, pocket="welt"),
        "parka": replace(
            COAT,
            collar="hood",
            v=False,
            drop=24,
            opening="zip",
            pocket="flaps",
            top=160,
            neck=52,
            bottom=680,
            chest=160,
            waist=150,
            hem=164,
            cuff=64,
            puff=15,
        ),
        "raincoat": replace(
            COAT,
            collar="hood",
            v=False,
            drop=24,
            opening="snaps",
            pocket="flaps",
            top=165,
            neck=52,
            bottom=660,
            waist=150,
        ),
        "cardigan": replace(
            LONG,
            v=True,
            drop=170,
            collar="none",
            opening="buttons",
            pocket="patch",
            rib=26,
            bottom=620,
            puff=15,
        ),
        "fleece": replace(JACKET, pocket="chest", rib=20, puff=16),
    },
}

_TRIMMED = {"ringer", "fleece"}


def draw(canvas: Canvas, category: str, style: str, cloth: Cloth) -> None:
    top = TOPS[category][style]
    draw_top(canvas, top, cloth, _trim(category, style, top, cloth))
    extra = _EXTRAS.get(style)
    if extra and not canvas.view.back:
        extra(canvas, top, cloth)


def _trim(category: str, style: str, top: Top, cloth: Cloth) -> Cloth:
    if style in _TRIMMED:
        return Cloth(cloth.other)
    if top.collar in ("shirt", "lapel") or cloth.pattern == "heather":
        return cloth
    if cloth.pattern in ("breton", "tie-dye"):
        return Cloth(np.array([0.94, 0.93, 0.9], np.float32))
    if cloth.pattern in ("knit", "cable"):
        return Cloth(cloth.colour, "knit")
    return cloth.plain(-0.04)


def _print(canvas: Canvas, top: Top, cloth: Cloth) -> None:
    printed(canvas, cloth)


def _belt(canvas: Canvas, top: Top, cloth: Cloth) -> None:
    belt(canvas, 405, top.waist + 6, cloth.plain(-0.12), 26)


def _yoke(canvas: Canvas, top: Top, cloth: Cloth) -> None:
    y = top.top + top.slope + 66
    seams = both(path(f"M 314 {y} L {300 + top.shoulder - 10} {y + 4}"))
    seams += both(path(f"M 334 {y + 70} L 326 {top.bottom - 34}"))
    seams += both(path(f"M 386 {y + 70} L 392 {top.bottom - 34}"))
    stitch(canvas, seams, -0.3)


_EXTRAS: dict[str, Callable[[Canvas, Top, Cloth], None]] = {
    "print": _print,
    "trench": _belt,
    "denim": _yoke,
}
