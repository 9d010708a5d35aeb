"""Sewn-on things: stitches, buttons, zips, pockets, cords."""

from collections.abc import Sequence

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.palette import luminance, rgb
from fashionlens.demo.sample.drawing.paths import (
    Points,
    both,
    dashes,
    disc,
    moved,
    path,
    ribbon,
)
from fashionlens.demo.sample.pieces.cut import Top, ribbed_hem

METAL = Cloth(rgb((176, 174, 168)))
BRASS = Cloth(rgb((176, 138, 78)))
HORN = Cloth(rgb((74, 54, 42)))
PEARL = Cloth(rgb((238, 234, 226)))
CORD = Cloth(rgb((236, 232, 222)))


def stitch(canvas: Canvas, lines: Sequence[Points], tone: float = -0.24) -> None:
    short = [dash for line in lines for dash in dashes(line, 4.2, 2.2)]
    canvas.lines(short, 1.2, tone)


def topstitch(canvas: Canvas, lines: Sequence[Points]) -> None:
    short = [dash for line in lines for dash in dashes(line, 4.6, 2.0)]
    canvas.lines(short, 1.3, 0.8, colour=rgb((206, 150, 84)))


def buttons(
    canvas: Canvas,
    places: Sequence[tuple[float, float]],
    cloth: Cloth = PEARL,
    radius: float = 5.0,
) -> None:
    canvas.part(
        [disc(x, y, radius) for x, y in places],
        cloth,
        Relief(puff=2.4, crumple=0, height=1.2, shadow=0.4),
    )
    spots = ((-1.5, -1.5), (1.5, -1.5), (-1.5, 1.5), (1.5, 1.5))
    if radius > 3.5:
        holes = [disc(x + dx, y + dy, 0.8) for x, y in places for dx, dy in spots]
        canvas.lines(holes, 1.1, -0.5)


def button_for(cloth: Cloth) -> Cloth:
    return HORN if luminance(cloth.colour) > 0.35 else Cloth(rgb((112, 108, 104)))


def column(top: float, bottom: float, count: int, x: float = 300.0) -> list:
    return [(x, float(y)) for y in np.linspace(top, bottom, count)]


def zip_line(canvas: Canvas, line: Points, cloth: Cloth = METAL) -> None:
    canvas.lines([line], 11, -0.30, inside=False)
    canvas.lines([line], 4.6, 0.9, colour=cloth.colour * np.float32(0.85), inside=False)
    canvas.lines(dashes(line, 1.6, 2.2), 4.6, -0.45, inside=False)
    x, y = line[0]
    pull = path(
        f"M {x - 3.5} {y} L {x + 3.5} {y} L {x + 2.6} {y + 17} L {x - 2.6} {y + 17}"
    )
    canvas.part(pull, cloth, Relief(puff=2, crumple=0, height=1.2, shadow=0.4))


def open_front(canvas: Canvas, top: Top, trim: Cloth) -> None:
    low = top.top + (6 if top.collar == "stand" else top.drop)
    end = top.bottom + 5 + (17 if ribbed_hem(top) else 0)
    full = path(f"M 300 {low} L 300 {end}")
    if top.opening == "zip":
        zip_line(canvas, full)
    elif top.opening in ("buttons", "snaps"):
        canvas.lines(both(moved(full, 12)), 1.6, -0.22, inside=False)
        stitch(canvas, both(moved(full, 9)), -0.16)
        shade = METAL if top.opening == "snaps" else PEARL
        if top.collar in ("lapel", "none", "stand"):
            shade = button_for(trim)
        count = max(int((end - low) / 62), 2)
        buttons(canvas, column(low + 26, end - 44, count), shade)
    elif top.opening == "single":
        canvas.lines([full], 1.8, -0.34, inside=False)
        count = 2 if top.bottom < 600 else 3
        places = column(low + 16, low + 66 * count - 50, count, 291)
        buttons(canvas, places, button_for(trim), 7)
    elif top.opening == "double":
        edge = path(f"M 300 {low} Q 342 {low + 8} 342 {low + 40} L 342 {end}")
        _double_breasted(canvas, edge, low, trim)
    elif top.opening == "half":
        _half_placket(canvas, low, trim)


def _double_breasted(canvas: Canvas, edge: Points, low: float, trim: Cloth) -> None:
    canvas.lines([edge], 1.8, -0.34, inside=False)
    for x in (258, 324):
        buttons(canvas, column(low + 22, low + 150, 3, x), button_for(trim), 7.5)


def _half_placket(canvas: Canvas, low: float, trim: Cloth) -> None:
    strip = path(f"M 288 {low - 14} L 312 {low - 14} L 312 {low + 92} L 288 {low + 92}")
    canvas.part(strip, trim, Relief(puff=3, crumple=0.2, height=0.5, shadow=0.12))
    stitch(
        canvas, [path(f"M 291 {low - 8} L 291 {low + 88} L 309 {low + 88} L 309 {low}")]
    )
    buttons(canvas, column(low + 14, low + 74, 3), PEARL, 4.2)


def patch(
    canvas: Canvas,
    x: float,
    y: float,
    wide: float,
    high: float,
    cloth: Cloth,
    *,
    flap: bool = False,
) -> None:
    tip = high + wide * 0.12
    outline = path(
        f"M {x} {y} L {x + wide} {y} L {x + wide} {y + high} "
        f"L {x + wide / 2} {y + tip} L {x} {y + high}"
    )
    canvas.part(outline, cloth, Relief(puff=4, crumple=0.4, height=0.4, shadow=0.20))
    inner = outline * [0.92, 0.94] + [(x + wide / 2) * 0.08, (y + high / 2) * 0.06]
    stitch(canvas, [np.concatenate([inner, inner[:1]])])
    canvas.lines([path(f"M {x} {y + 8} L {x + wide} {y + 8}")], 1.2, -0.2)
    if flap:
        _flap(canvas, x, y, wide, cloth)


def _flap(canvas: Canvas, x: float, y: float, wide: float, cloth: Cloth) -> None:
    lid = path(
        f"M {x - 3} {y - 5} L {x + wide + 3} {y - 5} L {x + wide + 2} {y + 15} "
        f"L {x + wide / 2} {y + 26} L {x - 2} {y + 15}"
    )
    canvas.part(lid, cloth, Relief(puff=4, crumple=0.2, height=0.5, shadow=0.26))
    buttons(canvas, [(x + wide / 2, y + 16)], button_for(cloth), 3.4)


def welt(canvas: Canvas, line: Points, cloth: Cloth, wide: float = 12) -> None:
    for lip in both(line):
        canvas.part(
            ribbon(lip, wide / 2, wide / 2),
            cloth,
            Relief(puff=3, crumple=0.2, height=0.7, shadow=0.32),
        )


def pockets(canvas: Canvas, top: Top, cloth: Cloth) -> None:
    y = top.top + top.slope + 74
    low = top.bottom - 150
    lining = cloth.plain(-0.06) if cloth.pattern == "plain" else cloth
    if top.pocket in ("chest", "chests"):
        patch(canvas, 330, y, 62, 64, lining, flap=top.pocket == "chests")
    if top.pocket == "chests":
        patch(canvas, 208, y, 62, 64, lining, flap=True)
    if top.pocket == "patch":
        for x in (300 - top.hem + 22, 300 + top.hem - 104):
            patch(canvas, x, low, 82, 92, lining)
    if top.pocket == "flaps":
        for x in (300 - top.hem + 24, 300 + top.hem - 108):
            flap = path(
                f"M {x} {low} L {x + 84} {low} L {x + 84} {low + 28} L {x} {low + 28}"
            )
            canvas.part(flap, lining, Relief(puff=4, crumple=0.2, shadow=0.32))
            stitch(canvas, [path(f"M {x + 4} {low + 24} L {x + 80} {low + 24}")])
    if top.pocket == "welt":
        x = 300 + top.hem * 0.48
        welt(
            canvas, path(f"M {x} {low - 10} L {x + top.hem * 0.24} {low + 68}"), lining
        )
    if top.pocket == "kangaroo":
        _kangaroo(canvas, top, lining)


def _kangaroo(canvas: Canvas, top: Top, cloth: Cloth) -> None:
    low = top.bottom - 14
    half = path(
        f"M 300 {low - 118} L 362 {low - 118} L 402 {low - 44} L 402 {low} L 300 {low}"
    )
    outline = np.concatenate([half, (half * [-1, 1] + [600, 0])[::-1]])
    canvas.part(outline, cloth, Relief(puff=5, crumple=0.7, height=0.4, shadow=0.22))
    stitch(canvas, both(path(f"M 357 {low - 112} L 396 {low - 42}")))
    stitch(canvas, [path(f"M 242 {low - 113} L 358 {low - 113}")])


def cords(
    canvas: Canvas, x: float, y: float, length: float, cloth: Cloth = CORD
) -> None:
    for side, more in ((1, 0.0), (-1, 9.0)):
        at = 300 + side * x
        end = y + length + more
        string = path(
            f"M {at} {y} Q {at + side * 9} {y + length * 0.5} {at + side * 3} {end}"
        )
        canvas.part(
            ribbon(string, 2.3, 2.3), cloth, Relief(puff=2, crumple=0, shadow=0.35)
        )
        canvas.part(
            disc(at + side * 3, end, 3.8, 1.5),
            cloth.plain(-0.25),
            Relief(puff=2, crumple=0, shadow=0.3),
        )
        canvas.part(disc(at, y, 3.4), METAL, Relief(puff=1.5, crumple=0, shadow=0.2))
