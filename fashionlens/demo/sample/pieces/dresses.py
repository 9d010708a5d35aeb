"""Dresses: a bodice on a skirt."""

from dataclasses import dataclass, replace

from fashionlens.demo.sample.drawing.canvas import Canvas
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import buttons, column
from fashionlens.demo.sample.pieces.collars import collar
from fashionlens.demo.sample.pieces.cut import Top
from fashionlens.demo.sample.pieces.skirts import Skirt, belt, draw_skirt, sash
from fashionlens.demo.sample.pieces.tops import body, lining, sleeves

BODICE = Top(
    top=78,
    neck=44,
    drop=44,
    shoulder=92,
    slope=22,
    arm=88,
    chest=98,
    waist=80,
    hem=75,
    bottom=298,
    sleeve=0,
    cuff=52,
    puff=10,
    collar="none",
)
SKIRT = Skirt(top=294, waist=77, hip=120, hem=168, bottom=620)
STRAPS = replace(BODICE, neck=64, shoulder=76, slope=4, drop=72, arm=112, chest=96)
SHIFT = Skirt(top=298, waist=92, hip=114, hem=124, bottom=560, gathers=2)


@dataclass(frozen=True)
class Dress:
    bodice: Top
    skirt: Skirt
    waist: str = "seam"  # seam, belt, sash, none


DRESSES: dict[str, Dress] = {
    "skater": Dress(BODICE, replace(SKIRT, hem=196, bottom=560, gathers=9, wave=12)),
    "shift": Dress(replace(BODICE, hem=92, waist=92), SHIFT, "none"),
    "wrap": Dress(
        replace(BODICE, v=True, drop=128, sleeve=150, angle=24, cuff=58),
        replace(SKIRT, finish="wrap", hem=158, gathers=6, wave=6),
        "sash",
    ),
    "shirt": Dress(
        replace(
            BODICE,
            collar="shirt",
            drop=32,
            sleeve=118,
            angle=27,
            cuff=62,
            neck=40,
            opening="buttons",
        ),
        replace(SKIRT, finish="buttons", hem=150, gathers=4),
        "belt",
    ),
    "slip": Dress(
        replace(STRAPS, v=True, drop=84),
        replace(SHIFT, waist=79, hem=136, bottom=640, gathers=5),
    ),
    "sun": Dress(STRAPS, replace(SKIRT, hem=190, gathers=9, wave=10), "belt"),
    "maxi": Dress(
        replace(STRAPS, drop=60),
        replace(SKIRT, tiers=3, hem=186, bottom=715, gathers=10, wave=6),
    ),
    "tea": Dress(
        replace(BODICE, v=True, drop=76, sleeve=86, angle=36, cuff=60),
        replace(SKIRT, hem=184, gathers=9, wave=8, bottom=640),
    ),
    "jumper": Dress(
        replace(
            BODICE,
            sleeve=292,
            angle=13,
            cuff=48,
            rib=22,
            open_hem=True,
            collar="roll",
            drop=26,
            hem=98,
            waist=96,
            chest=106,
            neck=38,
        ),
        replace(SHIFT, waist=98, hip=118, hem=118, bottom=540, gathers=3),
        "none",
    ),
    "pleated": Dress(
        BODICE, replace(SKIRT, pleats=13, gathers=0, hem=176, bottom=610), "belt"
    ),
    "sweat": Dress(
        replace(
            BODICE,
            sleeve=270,
            angle=14,
            cuff=52,
            rib=24,
            open_hem=True,
            collar="rib",
            hem=108,
            waist=108,
            chest=114,
            shoulder=104,
        ),
        replace(SHIFT, waist=108, hip=122, hem=126, bottom=530, gathers=3),
        "none",
    ),
}


def draw(canvas: Canvas, style: str, cloth: Cloth) -> None:
    dress = DRESSES[style]
    bodice = dress.bodice
    if canvas.view.back:
        bodice = replace(bodice, drop=24, v=False, opening="")
    trim = cloth if bodice.collar == "shirt" else cloth.plain(-0.06)
    lining(canvas, bodice, cloth)
    sleeves(canvas, bodice, cloth, trim)
    if dress.waist == "none":
        _in_one(canvas, dress, bodice, cloth)
    else:
        draw_skirt(canvas, dress.skirt, cloth)
        body(canvas, bodice, cloth, hem_stitch=False)
    if bodice.opening:
        buttons(canvas, column(bodice.top + bodice.drop + 26, 276, 4))
    collar(canvas, bodice, cloth, trim)
    _gird(canvas, dress, cloth)


def _in_one(canvas: Canvas, dress: Dress, bodice: Top, cloth: Cloth) -> None:
    skirt = dress.skirt
    whole = replace(
        bodice, bottom=skirt.bottom, hem=skirt.hem, waist=(bodice.waist + skirt.hip) / 2
    )
    body(canvas, whole, cloth)


def _gird(canvas: Canvas, dress: Dress, cloth: Cloth) -> None:
    wide = dress.bodice.hem + 3
    if dress.waist == "belt":
        belt(canvas, 298, wide, cloth.plain(-0.3), 18)
    elif dress.waist == "sash":
        sash(canvas, 298, wide, cloth.plain(-0.08))
