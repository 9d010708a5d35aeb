"""T-shirts, long sleeves, shirts: a body, two sleeves, a neck."""

from dataclasses import replace

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas, Fold, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import open_front, pockets, stitch
from fashionlens.demo.sample.drawing.paths import (
    Points,
    along,
    both,
    flipped,
    mirrored,
    moved,
    path,
    ribbon,
    shifted,
)
from fashionlens.demo.sample.pieces.collars import collar
from fashionlens.demo.sample.pieces.cut import (
    Top,
    armpit,
    body_outline,
    hem,
    neckline,
    ribbed_hem,
    tip,
)


def draw_top(canvas: Canvas, top: Top, cloth: Cloth, trim: Cloth) -> None:
    back = canvas.view.back
    if back:
        top = replace(top, drop=14, v=False, opening="", pocket="")
    lining(canvas, top, cloth)
    sleeves(canvas, top, cloth, trim)
    body(canvas, top, cloth)
    hems(canvas, top, trim)
    pockets(canvas, top, cloth)
    if top.collar == "stand":  # the zip runs up through it
        collar(canvas, top, cloth, trim)
        open_front(canvas, top, trim)
    else:
        open_front(canvas, top, trim)
        collar(canvas, top, cloth, trim)


def lining(canvas: Canvas, top: Top, cloth: Cloth) -> None:
    x, y = 300 + top.neck + 3, top.top - 1
    low = top.top + top.drop + 22
    half = path(
        f"M 300 {y + 9} C {300 + top.neck * 0.5} {y + 9} {x - 8} {y + 5} {x} {y} "
        f"L {x + 14} {y + 14} C {x} {low - 10} 320 {low} 300 {low}"
    )
    canvas.part(mirrored(half), cloth.plain(-0.36), Relief(crumple=0, shadow=0))
    if not canvas.view.back and top.drop > 30:
        canvas.part(
            path(f"M 288 {y + 15} L 312 {y + 15} L 312 {y + 27} L 288 {y + 27}"),
            Cloth(np.array([0.9, 0.88, 0.84], np.float32)),
            Relief(puff=2, crumple=0, shadow=0.2),
        )


def sleeve_lines(top: Top) -> tuple[Points, Points]:
    """Return the outer and inner edge of the right sleeve, from the body outwards."""
    x, y = tip(top)
    ax, ay = armpit(top)
    a = np.radians(top.angle)
    reach = np.array([np.sin(a), np.cos(a)])
    across = np.array([-np.cos(a), np.sin(a)])
    end = np.array([x, y]) + reach * top.sleeve
    inner = end + across * top.cuff
    steep = top.angle < 20
    bend = end - reach * top.sleeve * (0.74 if steep else 0.5) + np.array([9, -4])
    fall = top.slope / (top.shoulder - top.neck)  # of the shoulder, carried on
    outer = path(
        f"M {x - 24} {y - 24 * fall + 1:.2f} C {x + 30} {y - 4 if steep else y + 6} "
        f"{bend[0]:.2f} {bend[1]:.2f} {end[0]:.2f} {end[1]:.2f}"
    )
    knee = inner - reach * top.sleeve * 0.4 + np.array([4, 0])
    under = path(
        f"M {ax - 24} {ay - 6} C {ax + 4} {ay + 2} {knee[0]:.2f} {knee[1]:.2f} "
        f"{inner[0]:.2f} {inner[1]:.2f}"
    )
    return outer, under


def sleeves(canvas: Canvas, top: Top, cloth: Cloth, trim: Cloth) -> None:
    if not top.sleeve:
        return
    outer, under = sleeve_lines(top)
    ribbed = replace(top, sleeve=top.sleeve - max(top.rib - 6, 0))  # the rest is rib
    ends = sleeve_lines(ribbed)
    outline = np.concatenate([ends[0], ends[1][::-1]])
    relief = Relief(puff=top.puff, quilt=top.quilt, grain=(60, 110))
    long = top.sleeve > 220
    for right in (True, False):
        shape = outline if right else flipped(outline)
        folds = (
            _sleeve_folds(top, outer, under)
            if right
            else [
                (flipped(line), w, h) for line, w, h in _sleeve_folds(top, outer, under)
            ]
        )
        turn = top.angle if right else -top.angle
        canvas.part(shape, cloth, relief, turn=-turn, folds=folds)
        _cuff(canvas, top, outer, under, trim, right, long)


def _sleeve_folds(top: Top, outer: Points, under: Points) -> list[Fold]:
    if top.quilt:
        return []
    places = (0.3, 0.42, 0.6, 0.72) if top.sleeve > 220 else (0.5,)
    folds: list[Fold] = []
    for k, at in enumerate(places):
        start = along(under, np.array([at]))[0]
        end = along(outer, np.array([at + (0.13 if k % 2 else -0.1)]))[0]
        line = np.array([start + (end - start) * t for t in (0.02, 0.4, 0.75)])
        folds.append((line, 9.0, 0.65 if k % 2 else -0.6))
    length = np.array(
        [
            along((outer + under) / 2, np.array([t]))[0]
            for t in np.linspace(0.25, 0.9, 7)
        ]
    )
    folds.append((length, 13.0, 0.4))
    return folds


def _cuff(
    canvas: Canvas,
    top: Top,
    outer: Points,
    under: Points,
    trim: Cloth,
    right: bool,
    long: bool,
) -> None:
    ends = np.array([outer[-1], under[-1]])
    back = ends - (outer[-1] - outer[-3]) / np.hypot(*(outer[-1] - outer[-3])) * (
        top.rib or 10
    )
    if top.rib:
        lean = (ends[1] - ends[0]) * 0.10
        band = np.array([back[0], ends[0] + lean, ends[1] - lean, back[1]])
        relief = Relief(puff=5, crumple=0.3, ribs=5, shadow=0.15)
        canvas.part(band if right else flipped(band), trim, relief)
    elif top.collar == "shirt" and long:
        turn = -top.angle if right else top.angle
        _shirt_cuff(canvas, trim, ends, (back - ends) * 2.4, turn, right)
    else:
        line = along(back, np.linspace(0, 1, 5))
        stitch(canvas, [line if right else flipped(line)])


def _shirt_cuff(
    canvas: Canvas, trim: Cloth, ends: Points, lift: Points, turn: float, right: bool
) -> None:
    out = (ends[1] - ends[0]) * 0.04
    left = ends[0] - out
    far = ends[1] + out
    band = np.array([left, far, far + lift[1], left + lift[0]])
    relief = Relief(puff=5, crumple=0.3, shadow=0.2)
    canvas.part(band if right else flipped(band), trim, relief, turn=turn)
    inset = shifted(band[[1, 0]] + lift[0] * 0.88, 0)
    stitch(canvas, [inset if right else flipped(inset)])


def body(canvas: Canvas, top: Top, cloth: Cloth, *, hem_stitch: bool = True) -> None:
    relief = Relief(puff=top.puff, quilt=top.quilt)
    cut = replace(top, bottom=top.bottom - (15 if ribbed_hem(top) else 0))
    canvas.part(body_outline(cut), cloth, relief, folds=_body_folds(canvas, top))
    x, y = tip(top)
    ax, ay = armpit(top)
    hole = path(f"M {x} {y} C {x - 12} {y + 36} {x - 8} {ay - 30} {ax} {ay}")
    if top.sleeve:
        canvas.lines(both(hole), 2.2, -0.26)
        canvas.lines(both(shifted(hole, -2.5)), 1.2, 0.10)
    if hem_stitch and not ribbed_hem(top):
        stitch(canvas, both(hem(top)[1:] - (0, 13)))


def _body_folds(canvas: Canvas, top: Top) -> list[Fold]:
    if top.quilt:
        return []
    rng = canvas.rng
    ax, ay = armpit(top)
    folds: list[Fold] = []
    for k in range(3):
        lift, run = rng.uniform(-10, 46), rng.uniform(50, 95)
        line = path(
            f"M {ax - 6} {ay - 4 + 8 * k} Q {ax - run * 0.5:.1f} "
            f"{ay + lift * 0.4 + 12 * k:.1f} {ax - run:.1f} {ay + lift + 22 * k:.1f}"
        )
        sign = 0.5 if k % 2 else -0.55
        folds += [(line, rng.uniform(7, 12), sign)]
        folds += [
            (moved(flipped(line), 0, rng.uniform(-6, 6)), rng.uniform(7, 12), sign)
        ]
    low = top.bottom - 8
    for _ in range(4):
        x = 300 + rng.uniform(-0.8, 0.8) * top.hem
        rise, lean = rng.uniform(90, 210), rng.uniform(-24, 24)
        line = path(
            f"M {x:.1f} {low} Q {x + lean:.1f} {low - rise * 0.5:.1f} "
            f"{x + lean * 0.4:.1f} {low - rise:.1f}"
        )
        folds.append((line, rng.uniform(11, 20), rng.choice([-0.42, 0.45])))
    return folds


def hems(canvas: Canvas, top: Top, trim: Cloth) -> None:
    if ribbed_hem(top):
        x, low = 300 + top.hem, top.bottom
        band = mirrored(
            path(
                f"M 300 {low - 20} L {x + 1} {low - 26} C {x - 1} {low - 5} "
                f"{x - 9} {low + 10} {x - 12} {low + 17} L 300 {low + 24}"
            )
        )
        canvas.part(band, trim, Relief(puff=6, crumple=0.3, ribs=5, shadow=0.15))
    if top.collar == "rib":
        whole = np.concatenate([flipped(neckline(top))[::-1], neckline(top)[1:]])
        canvas.part(
            ribbon(whole, 1.5, 11),
            trim,
            Relief(puff=4, crumple=0, height=0.7, shadow=0.12),
        )
        edge = shifted(whole, -13.5)
        canvas.lines([shifted(whole, -10.4)], 1.2, -0.3)
        stitch(canvas, [edge])
