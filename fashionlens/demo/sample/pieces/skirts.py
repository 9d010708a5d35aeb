"""Skirts, and the skirts of dresses."""

from dataclasses import dataclass, replace

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas, Fold, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import (
    BRASS,
    buttons,
    column,
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
    ribbon,
    shifted,
)


@dataclass(frozen=True)
class Skirt:
    """Half widths and heights in drawing units."""

    top: float = 190
    waist: float = 88
    hip: float = 132
    hem: float = 170
    bottom: float = 600
    wave: float = 0.0  # depth of the waves of the hem
    gathers: int = 5  # folds that fall from the waist
    depth: float = 0.55  # of those folds
    pleats: int = 0
    tiers: int = 1
    finish: str = ""  # slit, buttons, wrap, denim
    band: float = 26  # height of the waistband


SKIRTS: dict[str, Skirt] = {
    "pencil": Skirt(hem=112, hip=128, gathers=2, bottom=610, finish="slit"),
    "a-line": Skirt(hem=176, bottom=560, gathers=5),
    "midi": Skirt(hem=206, bottom=650, gathers=9, wave=12, top=160, hip=128),
    "pleated": Skirt(hem=196, bottom=620, pleats=13, gathers=0, hip=130, top=170),
    "mini": Skirt(hem=158, bottom=470, hip=142, top=220, gathers=3),
    "tennis": Skirt(hem=186, bottom=480, pleats=11, gathers=0, top=220, hip=140),
    "denim": Skirt(hem=150, bottom=480, hip=140, top=210, gathers=1, finish="denim"),
    "button": Skirt(hem=166, bottom=590, gathers=3, finish="buttons"),
    "tiered": Skirt(hem=205, bottom=660, tiers=3, gathers=10, wave=7, top=150, hip=126),
    "wrap": Skirt(hem=150, bottom=600, gathers=4, finish="wrap", hip=128),
    "circle": Skirt(hem=226, bottom=560, gathers=11, wave=18, hip=140, depth=0.7),
}


def draw(canvas: Canvas, style: str, cloth: Cloth) -> None:
    skirt = SKIRTS[style]
    if canvas.view.back and skirt.finish in ("buttons", "wrap"):
        skirt = replace(skirt, finish="slit")
    _inside(canvas, skirt, cloth)
    draw_skirt(canvas, skirt, cloth)
    _waistband(canvas, skirt, cloth)
    if skirt.finish == "denim" and not canvas.view.back:
        buttons(canvas, [(300, skirt.top + 4)], BRASS, 5.5)


def draw_skirt(canvas: Canvas, skirt: Skirt, cloth: Cloth) -> None:
    step = (skirt.bottom - skirt.top) / skirt.tiers
    for k in reversed(range(skirt.tiers)):
        at, to = k / skirt.tiers, (k + 1) / skirt.tiers
        wide = skirt.hem - skirt.waist
        tier = replace(
            skirt,
            top=skirt.top + step * k - (6 if k else 0),
            bottom=skirt.top + step * (k + 1),
            waist=skirt.waist + wide * at,
            hem=skirt.waist + wide * to,
            hip=skirt.hip if skirt.tiers == 1 else skirt.waist + wide * (at + to) / 2,
        )
        _panel(canvas, tier, cloth)
    _finish(canvas, skirt, cloth)


def side(skirt: Skirt) -> Points:
    high, low = skirt.top, skirt.bottom
    drop = low - high
    return path(
        f"M {300 + skirt.waist} {high} C {300 + skirt.waist + 10} {high + drop * 0.12} "
        f"{300 + skirt.hip} {high + drop * 0.22} {300 + skirt.hip + 6} "
        f"{high + drop * 0.42} "
        f"C {300 + skirt.hip + (skirt.hem - skirt.hip) * 0.5} {high + drop * 0.65} "
        f"{300 + skirt.hem - 3} {low - 40} {300 + skirt.hem} {low}"
    )


def _hem(skirt: Skirt) -> Points:
    t = np.linspace(0, 1, 61)
    x = 300 + skirt.hem * (1 - 2 * t)
    y = skirt.bottom + 22 * np.sin(np.pi * t) * min(skirt.hem / 180, 1)
    y = y - skirt.wave * np.cos(2 * np.pi * t * max(skirt.gathers * 0.55, 1)) * 0.5
    if skirt.pleats:
        saw = np.mod(t * skirt.pleats, 1)
        y = y + 4.0 * saw - 2
    return np.column_stack([x, y])


def _panel(canvas: Canvas, skirt: Skirt, cloth: Cloth) -> None:
    right = side(skirt)
    waist = path(
        f"M {300 - skirt.waist} {skirt.top} Q 300 {skirt.top + 12} "
        f"{300 + skirt.waist} {skirt.top}"
    )
    outline = np.concatenate([waist, right[1:], _hem(skirt), flipped(right)[::-1]])
    relief = Relief(puff=12, grain=(46, 260), crumple=0.9)
    canvas.part(outline, cloth, relief, folds=_falls(canvas, skirt))
    if skirt.pleats:
        _pleats(canvas, skirt)
    stitch(canvas, [_hem(skirt) - (0, 12)], -0.18)


def _down(skirt: Skirt, share: float, start: float = 0.0) -> Points:
    right = shifted(side(skirt), 0)
    middle_x = 300 + (right[:, 0] - 300) * share
    sag = 18 * (1 - share**2)
    y = right[:, 1] + sag * (right[:, 1] - skirt.top) / (skirt.bottom - skirt.top)
    line = np.column_stack([middle_x, y])
    return line[int(start * (len(line) - 3)) :]


def _falls(canvas: Canvas, skirt: Skirt) -> list[Fold]:
    rng = canvas.rng
    count = skirt.gathers
    folds: list[Fold] = []
    for k in range(count):
        share = (k + 0.5 + rng.uniform(-0.25, 0.25)) / count * 1.8 - 0.9
        start = rng.uniform(0.0, 0.35) if skirt.tiers == 1 else 0.0
        line = _down(skirt, share, start)
        tail = line[-1] + (line[-1] - line[-2]) * 3  # widest at the hem
        wide = skirt.hem / max(count, 4) * rng.uniform(0.5, 0.8)
        line = np.concatenate([line, [tail, tail + (tail - line[-1])]])
        folds.append((line, wide, skirt.depth * (1 if k % 2 else -0.9)))
    return folds


def _pleats(canvas: Canvas, skirt: Skirt) -> None:
    count = skirt.pleats
    shares = [k / count * 2 - 1 for k in range(1, count)]
    lines = [_down(skirt, share) for share in shares]
    for width, tone, move in (
        (9, -0.07, -5),
        (5, -0.09, -3),
        (2, -0.24, 0),
        (3, 0.12, 3),
    ):
        canvas.lines([moved(line, move) for line in lines], width, tone)


def _finish(canvas: Canvas, skirt: Skirt, cloth: Cloth) -> None:
    low = skirt.bottom + 20
    if skirt.finish == "slit":
        canvas.lines([path(f"M 300 {skirt.top + 10} L 300 {low}")], 1.4, -0.2)
        canvas.lines([path(f"M 300 {low - 110} L 300 {low + 4}")], 3.0, -0.4)
    elif skirt.finish == "buttons":
        canvas.lines(both(path(f"M 314 {skirt.top} L 316 {low}")), 1.5, -0.25)
        buttons(canvas, column(skirt.top + 40, low - 60, 6), radius=6)
    elif skirt.finish == "wrap":
        edge = path(
            f"M 352 {skirt.top} C 350 {skirt.top + 140} 300 {low - 150} 246 {low + 6}"
        )
        canvas.lines([edge], 2.2, -0.36)
        canvas.lines([shifted(edge, 3)], 4, 0.10)
        canvas.lines([shifted(edge, -6)], 9, -0.10)
    elif skirt.finish == "denim":
        _jeans_front(canvas, skirt, cloth)


def _jeans_front(canvas: Canvas, skirt: Skirt, cloth: Cloth) -> None:
    y = skirt.top
    if canvas.view.back:
        for x in (212, 324):
            patch(canvas, x, y + 62, 66, 66, cloth)
        return
    topstitch(canvas, both(path(f"M 346 {y + 14} Q 352 {y + 62} 410 {y + 66}")))
    topstitch(
        canvas,
        [
            path(f"M 304 {y + 12} L 304 {skirt.bottom + 10}"),
            path(f"M 326 {y + 12} Q 328 {y + 80} 306 {y + 104}"),
        ],
    )
    topstitch(canvas, [_hem(skirt) - (0, 14)])


def _inside(canvas: Canvas, skirt: Skirt, cloth: Cloth) -> None:
    high = skirt.top - skirt.band
    wide = skirt.waist - 3
    rim = mirrored(
        path(
            f"M 300 {high - 5} Q {300 + wide * 0.7} {high - 5} {300 + wide} {high + 4} "
            f"L {300 + wide} {high + 16} L 300 {high + 26}"
        )
    )
    canvas.part(rim, cloth.plain(-0.4), Relief(crumple=0, shadow=0))


def _waistband(canvas: Canvas, skirt: Skirt, cloth: Cloth) -> None:
    y, wide = skirt.top, skirt.waist
    line = path(
        f"M {300 - wide + 2} {y - skirt.band + 2} Q 300 {y - skirt.band + 18} "
        f"{300 + wide - 2} {y - skirt.band + 2}"
    )
    low = path(f"M {300 + wide + 1} {y + 3} Q 300 {y + 17} {300 - wide - 1} {y + 3}")
    canvas.part(
        np.concatenate([line, low]),
        cloth,
        Relief(puff=5, crumple=0.4, height=0.5, shadow=0.22),
    )
    if skirt.finish == "denim":
        topstitch(canvas, [shifted(line, -4), shifted(low, -4)])
    else:
        stitch(canvas, [shifted(low, -4)], -0.16)


def belt(canvas: Canvas, y: float, wide: float, cloth: Cloth, high: float = 22) -> None:
    line = path(f"M {300 - wide} {y} Q 300 {y + 10} {300 + wide} {y}")
    canvas.part(
        ribbon(line, high / 2, high / 2),
        cloth,
        Relief(puff=4, crumple=0.5, height=0.7, shadow=0.34),
    )
    canvas.lines(both(path(f"M 320 {y - high} L 320 {y + high}")), 1.0, -0.12)
    ring = path(
        f"M 284 {y - high * 0.6 + 5} L 316 {y - high * 0.6 + 5} "
        f"L 316 {y + high * 0.6 + 5} L 284 {y + high * 0.6 + 5}"
    )
    loop = np.concatenate([ring, ring[:2]])
    canvas.part(ribbon(loop, 2.4, 2.4), BRASS, Relief(puff=2, crumple=0, shadow=0.4))


def sash(canvas: Canvas, y: float, wide: float, cloth: Cloth) -> None:
    for end in (
        f"M 318 {y + 6} Q 342 {y + 60} 330 {y + 128}",
        f"M 312 {y + 6} Q 318 {y + 70} 300 {y + 112}",
    ):
        canvas.part(ribbon(path(end), 7, 7), cloth, Relief(puff=4, shadow=0.32))
    line = path(f"M {300 - wide} {y} Q 300 {y + 9} {300 + wide} {y}")
    canvas.part(ribbon(line, 9, 9), cloth, Relief(puff=5, crumple=0.8, shadow=0.3))
    knot = path(f"M 304 {y - 9} Q 326 {y - 12} 328 {y + 6} Q 318 {y + 22} 302 {y + 12}")
    canvas.part(knot, cloth, Relief(puff=5, crumple=0.6, shadow=0.36))
