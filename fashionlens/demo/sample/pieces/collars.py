"""Collars, hoods and lapels of tops."""

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import CORD, cords, stitch
from fashionlens.demo.sample.drawing.paths import (
    both,
    flipped,
    mirrored,
    path,
    ribbon,
    shifted,
)
from fashionlens.demo.sample.pieces.cut import Top, neckline

_BAND = Relief(puff=4, crumple=0, shadow=0.14)
_LEAF = Relief(puff=5, crumple=0.25, height=0.55, shadow=0.34)


def collar(canvas: Canvas, top: Top, cloth: Cloth, trim: Cloth) -> None:
    if top.collar == "rib":
        _rib(canvas, top, trim)
    elif top.collar == "roll":
        _roll(canvas, top, trim, 50)
    elif top.collar == "stand":
        _roll(canvas, top, trim, 20)
    elif top.collar == "hood":
        _hood(canvas, top, cloth)
    elif canvas.view.back and top.collar != "none":
        _back(canvas, top, trim)
    elif top.collar in ("shirt", "polo"):
        _leaves(canvas, top, trim)
    elif top.collar == "lapel":
        _lapels(canvas, top, cloth, trim)


def _rib(canvas: Canvas, top: Top, trim: Cloth) -> None:
    whole = np.concatenate([flipped(neckline(top))[::-1], neckline(top)[1:]])
    canvas.part(ribbon(whole, 1.5, 11), trim, _BAND)
    canvas.lines([shifted(whole, -10.4)], 1.2, -0.3)
    stitch(canvas, [shifted(whole, -8)], -0.12)


def _roll(canvas: Canvas, top: Top, trim: Cloth, high: float) -> None:
    x, y = 300 + top.neck, top.top
    rim = mirrored(
        path(
            f"M 300 {y - high + 8} C {x - 20} {y - high + 8} {x - 4} {y - high + 2} "
            f"{x - 4} {y - high} L {x - 4} {y - high + 12} L 300 {y - high + 20}"
        )
    )
    half = path(
        f"M 300 {y - high + 10} C {x - 20} {y - high + 10} {x - 5} {y - high + 6} "
        f"{x - 4} {y - high} C {x - 1} {y - high * 0.4} {x + 3} {y - 6} {x + 8} "
        f"{y + 5} "
        f"C {x - 6} {y + 28} {x - 28} {y + 36} 300 {y + 37}"
    )
    canvas.part(rim, trim.plain(-0.3), Relief(crumple=0, shadow=0))
    canvas.part(mirrored(half), trim, Relief(puff=9, crumple=0.4, ribs=6, shadow=0.3))
    if high > 40:
        turn = mirrored(
            path(f"M 300 {y + 12} C {x - 20} {y + 11} {x - 4} {y + 2} {x + 3} {y - 8}")
        )
        canvas.lines([turn], 2.4, -0.25)


def _hood(canvas: Canvas, top: Top, cloth: Cloth) -> None:
    y, wide = top.top, top.neck / 52
    outer = path(
        f"M 300 {y - 78} C {300 + 66 * wide} {y - 80} {300 + 104 * wide} {y - 22} "
        f"{300 + 82 * wide} {y + 34} C {300 + 52 * wide} {y + 62} 318 {y + 74} 300 "
        f"{y + 78}"
    )
    canvas.part(mirrored(outer), cloth, Relief(puff=16, shadow=0.34, grain=(50, 60)))
    if canvas.view.back:
        canvas.lines([path(f"M 300 {y - 78} L 300 {y + 80}")], 1.8, -0.25)
        return
    inner = path(
        f"M 300 {y - 50} C {300 + 42 * wide} {y - 52} {300 + 62 * wide} {y - 12} "
        f"{300 + 46 * wide} {y + 24} C {300 + 30 * wide} {y + 44} 312 {y + 56} 300 "
        f"{y + 62}"
    )
    rim = mirrored(inner)
    canvas.lines([np.concatenate([rim, rim[:1]])], 11, -0.10)
    canvas.part(
        rim, cloth.plain(-0.42), Relief(puff=14, height=-0.6, crumple=0.8, shadow=0)
    )
    canvas.lines([path(f"M 300 {y - 50} Q 297 {y} 300 {y + 62}")], 1.8, -0.2)
    string = CORD if cloth.colour.mean() < 0.75 else cloth.plain(-0.45)
    cords(canvas, 21 * wide, y + 62, 84, string)


def _back(canvas: Canvas, top: Top, trim: Cloth) -> None:
    x, y = 300 + top.neck, top.top
    half = path(
        f"M 300 {y - 22} C {x - 24} {y - 22} {x - 6} {y - 16} {x} {y - 8} "
        f"L {x + 14} {y + 20} C {x - 10} {y + 32} 324 {y + 34} 300 {y + 34}"
    )
    canvas.part(mirrored(half), trim, _LEAF)
    stitch(
        canvas,
        [
            mirrored(
                path(
                    f"M 300 {y + 29} C 324 {y + 29} {x - 10} {y + 27} {x + 9} {y + 16}"
                )
            )
        ],
    )


def _leaves(canvas: Canvas, top: Top, trim: Cloth) -> None:
    x, y, low = 300 + top.neck, top.top, top.top + top.drop
    stand = path(
        f"M 300 {y - 20} C {x - 22} {y - 20} {x - 8} {y - 16} {x - 3} {y - 6} "
        f"L {x - 10} {y + 18} C {x - 24} {y + 8} 318 {y + 4} 300 {y + 4}"
    )
    canvas.part(
        mirrored(stand),
        trim.plain(-0.2) if trim.pattern == "plain" else trim,
        Relief(puff=4, crumple=0, shadow=0.2),
    )
    reach = 40 if top.collar == "polo" else 46
    leaf = path(
        f"M {x - 6} {y - 14} C {x - 8} {y + 8} {300 + top.neck * 0.4} {low - 16} 301 "
        f"{low - 3} "
        f"L {300 + top.neck * 0.62} {low + reach} "
        f"C {x - 2} {low + 12} {x + 12} {y + 26} {x + 17} {y + 11} "
        f"C {x + 12} {y - 4} {x + 4} {y - 13} {x - 6} {y - 14}"
    )
    for piece, turn in zip(both(leaf), (28, -28), strict=True):
        canvas.part(piece, trim, _LEAF, turn=turn)
        edge = shifted(piece[14:-8], -4 if turn > 0 else 4)
        stitch(canvas, [edge], -0.16)


def _lapels(canvas: Canvas, top: Top, cloth: Cloth, trim: Cloth) -> None:
    x, y, low = 300 + top.neck, top.top, top.top + top.drop
    ring = path(
        f"M 300 {y - 16} C {x - 22} {y - 16} {x - 8} {y - 14} {x - 2} {y - 5} "
        f"L {x - 8} {y + 22} C {x - 26} {y + 10} 318 {y + 8} 300 {y + 8}"
    )
    canvas.part(mirrored(ring), trim, Relief(puff=4, crumple=0, shadow=0.2))
    leaf = path(
        f"M {x - 5} {y - 12} C {x + 8} {y - 10} {x + 22} {y + 4} {x + 30} {y + 18} "
        f"L {x + 34} {y + 62} L {x + 14} {y + 70} L {x + 44} {y + 78} "
        f"C {x + 38} {y + top.drop * 0.62} 322 {low - 22} 302 {low + 4} "
        f"C 308 {low - 40} {x - 18} {y + 70} {x - 5} {y - 12}"
    )
    for piece, turn in zip(both(leaf), (16, -16), strict=True):
        canvas.part(
            piece,
            cloth,
            Relief(puff=5, crumple=0.3, height=0.5, shadow=0.36),
            turn=turn,
        )
        notch = path(f"M {x + 14} {y + 70} L {x - 20} {y + 66}")
        canvas.lines([notch if turn > 0 else flipped(notch)], 1.8, -0.3)
