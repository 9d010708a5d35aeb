"""Soles, laces and linings of shoes."""

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import METAL, stitch
from fashionlens.demo.sample.drawing.palette import luminance, rgb
from fashionlens.demo.sample.drawing.paths import Points, along, disc, path, ribbon

LEATHER = Relief(puff=20, height=0.8, crumple=0.35, grain=(60, 50))
PANEL = Relief(puff=5, height=0.6, crumple=0.2, shadow=0.22)
SOLE = Relief(puff=6, height=0.7, crumple=0, shadow=0.25)
RUBBER = Cloth(rgb((240, 238, 232)))
GUM = Cloth(rgb((186, 142, 96)))
DARK = Cloth(rgb((40, 38, 38)))
LACE = Cloth(rgb((244, 242, 238)))
INSIDE = Cloth(rgb((206, 188, 164)))


def laces(
    canvas: Canvas, line: Points, count: int, lace: Cloth, wide: float = 26
) -> None:
    at = along(line, np.linspace(0.06, 0.94, count))
    run = line[-1] - line[0]
    across = np.array([run[1], -run[0]]) / np.hypot(*run)
    bars = [
        ribbon(
            np.array([p - across * wide * 0.45 + (0, 4), p, p + across * wide * 0.55]),
            2.6,
            2.6,
        )
        for p in at
    ]
    canvas.part(bars, lace, Relief(puff=2, crumple=0, height=1, shadow=0.4))
    holes = [p - across * wide * 0.5 for p in at]
    eyes = [disc(x, y + 5, 2.6) for x, y in holes]
    canvas.part(eyes, METAL, Relief(puff=1.2, crumple=0, shadow=0.2))


def bow(canvas: Canvas, x: float, y: float, lace: Cloth) -> None:
    loops = [
        f"M {x} {y} C {x - 26} {y - 18} {x - 40} {y + 6} {x} {y + 3}",
        f"M {x} {y} C {x + 16} {y - 22} {x + 34} {y - 4} {x} {y + 3}",
        f"M {x} {y} Q {x - 18} {y + 12} {x - 20} {y + 30}",
        f"M {x} {y} Q {x + 8} {y + 16} {x + 2} {y + 34}",
    ]
    canvas.part(
        [ribbon(path(loop), 2.2, 2.2) for loop in loops],
        lace,
        Relief(puff=2, crumple=0, height=1, shadow=0.4),
    )


def lace_for(cloth: Cloth) -> Cloth:
    return Cloth(rgb((60, 58, 60))) if luminance(cloth.colour) > 0.8 else LACE


def cup_sole(canvas: Canvas, cloth: Cloth) -> None:
    sole = path(
        "M 92 486 C 88 506 90 528 112 528 L 492 528 C 512 528 514 506 512 484 "
        "C 400 498 240 502 92 486"
    )
    canvas.part(sole, cloth, SOLE)
    canvas.lines([path("M 92 512 C 240 520 400 518 512 510")], 1.4, -0.18)
    stitch(canvas, [path("M 96 494 C 240 508 400 504 508 492")], -0.2)


def opening(canvas: Canvas, left: float, right: float, y: float) -> None:
    canvas.part(
        path(
            f"M {left} {y} C {left + 30} {y - 34} {right - 40} {y - 36} {right} "
            f"{y - 10} "
            f"L {right - 20} {y + 40} L {left + 30} {y + 40}"
        ),
        INSIDE.plain(-0.25),
        Relief(crumple=0, shadow=0),
    )


def welted(canvas: Canvas, cloth: Cloth, *, heel: bool, sole: Cloth = DARK) -> None:
    canvas.part(
        path(
            "M 90 494 C 86 510 92 520 110 520 L 506 520 L 508 494 C 380 508 220 508 "
            "90 494"
        ),
        sole,
        SOLE,
    )
    stitch(canvas, [path("M 94 503 C 220 514 380 514 506 503")], 0.3)
    if heel:
        canvas.part(
            path("M 392 514 L 508 514 L 504 530 L 398 530"), sole.plain(-0.1), SOLE
        )
