"""Trousers and shorts."""

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas, Fold, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import (
    BRASS,
    button_for,
    buttons,
    cords,
    patch,
    stitch,
    topstitch,
)
from fashionlens.demo.sample.drawing.paths import (
    Points,
    both,
    flipped,
    mirrored,
    moved,
    path,
    shifted,
)
from fashionlens.demo.sample.pieces.trouser_cuts import CUTS, Trousers


def draw(canvas: Canvas, category: str, style: str, cloth: Cloth) -> None:
    cut = CUTS[category][style]
    _inside(canvas, cut, cloth)
    relief = Relief(puff=13, grain=(60, 170))
    canvas.part(_outline(cut), cloth, relief, folds=_folds(canvas, cut))
    _seams(canvas, cut)
    _pockets(canvas, cut, cloth)
    _ends(canvas, cut, cloth)
    _waistband(canvas, cut, cloth)


def _side(cut: Trousers) -> Points:
    drop = cut.crotch - cut.top
    leg = cut.bottom - cut.crotch
    knee_y = cut.crotch + leg * 0.48
    return path(
        f"M {300 + cut.waist} {cut.top} C {300 + cut.waist + 12} "
        f"{cut.top + drop * 0.3} "
        f"{300 + cut.hip} {cut.top + drop * 0.45} {300 + cut.hip} "
        f"{cut.crotch - drop * 0.1} "
        f"C {300 + cut.hip} {cut.crotch + leg * 0.12} {300 + cut.knee} "
        f"{knee_y - leg * 0.16} "
        f"{300 + cut.knee} {knee_y} C {300 + cut.knee} {knee_y + leg * 0.16} "
        f"{300 + cut.outer} {cut.bottom - leg * 0.2} {300 + cut.outer} {cut.bottom}"
    )


def _inseam(cut: Trousers) -> Points:
    leg = cut.bottom - cut.crotch
    return path(
        f"M {300 + cut.inner} {cut.bottom + 5} C {300 + cut.inner - 2} "
        f"{cut.bottom - leg * 0.4} "
        f"306 {cut.crotch + leg * 0.32} 300 {cut.crotch}"
    )


def _outline(cut: Trousers) -> Points:
    middle = (cut.outer + cut.inner) / 2
    waist = path(
        f"M 300 {cut.top + 12} Q {300 + cut.waist * 0.6} {cut.top + 9} "
        f"{300 + cut.waist} {cut.top}"
    )
    hem = path(
        f"M {300 + cut.outer} {cut.bottom} Q {300 + middle} {cut.bottom + 10} "
        f"{300 + cut.inner} {cut.bottom + 5}"
    )
    return mirrored(np.concatenate([waist, _side(cut)[1:], hem[1:], _inseam(cut)[1:]]))


def _leg(cut: Trousers, share: float) -> Points:
    leg = cut.bottom - cut.crotch
    knee = 300 + 8 + (cut.knee - 8) * share
    low = 300 + cut.inner + (cut.outer - cut.inner) * share
    top = 300 + cut.waist * (0.25 + 0.7 * share)
    return path(
        f"M {top} {cut.top + 22} C {top + 8} {cut.crotch - 40} {knee} "
        f"{cut.crotch + leg * 0.2} {knee} {cut.crotch + leg * 0.45} "
        f"L {low} {cut.bottom + 3}"
    )


def _folds(canvas: Canvas, cut: Trousers) -> list[Fold]:
    rng = canvas.rng
    folds: list[Fold] = []
    for k in range(3):
        y = cut.crotch - 34 + 20 * k
        reach = rng.uniform(60, 96)
        line = path(
            f"M 305 {y} Q {300 + reach * 0.5:.1f} {y - 12 + 6 * k:.1f} "
            f"{300 + reach:.1f} {y - 36 + 18 * k + rng.uniform(-6, 6):.1f}"
        )
        sign = -0.5 if k % 2 else 0.5
        folds += [(line, 8, sign), (flipped(line), 8, sign)]
    for share in (0.32, 0.68):
        line = _leg(cut, share)[12:]
        folds += [(line, 20, 0.34), (moved(flipped(line), 3), 20, 0.34)]
    leg = cut.bottom - cut.crotch
    spots = (0.42, 0.5, 0.86, 0.93) if leg > 300 else (0.6,)
    for at in spots:
        for mirror in (False, True):
            y = cut.crotch + leg * (at + rng.uniform(-0.03, 0.03))
            x = 300 + cut.inner * at + 8
            far = x + (cut.knee - cut.inner) * rng.uniform(0.4, 0.7)
            bent = path(
                f"M {x:.1f} {y:.1f} Q {(x + far) / 2:.1f} {y + 14:.1f} "
                f"{far:.1f} {y + rng.uniform(-14, 14):.1f}"
            )
            folds.append(
                (flipped(bent) if mirror else bent, 10, rng.choice([-0.5, 0.5]))
            )
    return folds


def _seams(canvas: Canvas, cut: Trousers) -> None:
    top, low = cut.top + 12, cut.crotch
    canvas.lines([path(f"M 300 {top} Q 298 {(top + low) / 2} 300 {low}")], 1.7, -0.3)
    drawn = topstitch if cut.front == "jeans" else stitch
    if cut.front in ("fly", "jeans") and not canvas.view.back:
        fly = path(
            f"M 322 {top - 2} L 321 {top + (low - top) * 0.5} "
            f"Q 319 {top + (low - top) * 0.72} 303 {top + (low - top) * 0.78}"
        )
        drawn(canvas, [fly])
    if cut.crease:
        canvas.lines(both(_leg(cut, 0.5)), 1.6, -0.16)
        canvas.lines(both(moved(_leg(cut, 0.5), 2)), 1.8, 0.10)
    side = _side(cut)
    if cut.front == "jeans":
        topstitch(canvas, both(shifted(side, -5)[3:22]))
    if cut.end == "hem":
        line = path(
            f"M {300 + cut.outer} {cut.bottom - 12} L {300 + cut.inner} "
            f"{cut.bottom - 8}"
        )
        drawn(canvas, both(line))


def _pockets(canvas: Canvas, cut: Trousers, cloth: Cloth) -> None:
    y, wide = cut.top, cut.waist
    drawn = topstitch if cut.front == "jeans" else stitch
    if canvas.view.back:
        if cut.pocket != "none":
            for x in (300 - wide * 0.72, 300 + wide * 0.72 - 58):
                patch(canvas, x, y + 52, 58, 58, cloth)
        return
    if cut.pocket == "jeans":
        line = path(
            f"M {300 + wide * 0.5} {y + 8} Q {300 + wide * 0.56} {y + 56} "
            f"{300 + wide * 1.18} {y + 62}"
        )
        canvas.lines(both(line), 2.4, -0.3)
        drawn(canvas, both(shifted(line, 4)))
    elif cut.pocket in ("slant", "cargo"):
        line = path(f"M {300 + wide * 0.62} {y + 6} L {300 + wide * 1.16} {y + 92}")
        canvas.lines(both(line), 2.4, -0.34)
        drawn(canvas, both(shifted(line, 4)))
    if cut.pocket == "cargo":
        low = cut.crotch + (cut.bottom - cut.crotch) * (
            0.22 if cut.bottom > 650 else 0.12
        )
        for x in (300 - cut.knee + 4, 300 + cut.knee - 68):
            patch(canvas, x, low, 64, 72, cloth, flap=True)


def _ends(canvas: Canvas, cut: Trousers, cloth: Cloth) -> None:
    if cut.end == "hem":
        return
    high = 30 if cut.end == "rib" else 24
    draw_in = 5 if cut.end == "rib" else -3
    right = path(
        f"M {300 + cut.outer - draw_in + 1} {cut.bottom - high} L "
        f"{300 + cut.outer - draw_in} "
        f"{cut.bottom + 6} Q {300 + (cut.outer + cut.inner) / 2} {cut.bottom + 16} "
        f"{300 + cut.inner + draw_in} {cut.bottom + 10} L {300 + cut.inner + draw_in} "
        f"{cut.bottom - high + 5}"
    )
    relief = Relief(puff=5, crumple=0.4, ribs=5 if cut.end == "rib" else 0, shadow=0.28)
    inside_out = (
        cloth.plain(-0.08)
        if cut.end == "rib"
        else Cloth(
            cloth.colour * np.float32(0.75) + np.float32(0.22),
            cloth.pattern,
            cloth.second,
        )
    )
    for piece in both(right):
        canvas.part(piece, inside_out, relief)
        if cut.front == "jeans":
            canvas.lines([piece[1:-1]], 1.2, -0.1)


def _inside(canvas: Canvas, cut: Trousers, cloth: Cloth) -> None:
    high, wide = cut.top - cut.band, cut.waist - 3
    rim = mirrored(
        path(
            f"M 300 {high - 4} Q {300 + wide * 0.7} {high - 4} {300 + wide} {high + 3} "
            f"L {300 + wide} {high + 14} L 300 {high + 24}"
        )
    )
    canvas.part(rim, cloth.plain(-0.38), Relief(crumple=0, shadow=0))


def _waistband(canvas: Canvas, cut: Trousers, cloth: Cloth) -> None:
    y, wide, high = cut.top, cut.waist, cut.band
    dip = 16 if not canvas.view.back else 4
    upper = path(
        f"M {300 - wide + 2} {y - high + 2} Q 300 {y - high + dip} "
        f"{300 + wide - 2} {y - high + 2}"
    )
    lower = path(
        f"M {300 + wide + 1} {y + 3} Q 300 {y + dip + 6} {300 - wide - 1} {y + 3}"
    )
    relief = Relief(
        puff=6,
        crumple=0.6,
        height=0.6,
        ribs=7 if cut.front == "cords" else 0,
        shadow=0.24,
    )
    canvas.part(np.concatenate([upper, lower]), cloth, relief)
    if cut.front == "jeans":
        topstitch(canvas, [shifted(upper, -4), shifted(lower, -4)])
    else:
        stitch(canvas, [shifted(lower, -4)], -0.16)
    _fastening(canvas, cut, cloth)


def _fastening(canvas: Canvas, cut: Trousers, cloth: Cloth) -> None:
    soft = cut.front in ("cords", "plain")
    if not soft:
        _loops(canvas, cut, cloth)
    if canvas.view.back:
        return
    if cut.front == "cords":
        cords(canvas, 12, cut.top - 2, 78)
    elif not soft:
        shade = BRASS if cut.front == "jeans" else button_for(cloth)
        buttons(canvas, [(303, cut.top - cut.band / 2 + 9)], shade, 5.4)


def _loops(canvas: Canvas, cut: Trousers, cloth: Cloth) -> None:
    y, high = cut.top, cut.band
    for share in (-0.62, 0.62):
        x = 300 + cut.waist * share
        loop = path(
            f"M {x - 4} {y - high + 3} L {x + 4} {y - high + 3} L {x + 4} {y + 11} "
            f"L {x - 4} {y + 11}"
        )
        canvas.part(loop, cloth, Relief(puff=2.5, crumple=0, shadow=0.3))
