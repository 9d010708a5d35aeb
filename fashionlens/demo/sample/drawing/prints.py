"""Pictures printed on the chest of a T-shirt."""

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.palette import rgb
from fashionlens.demo.sample.drawing.paths import Points, disc, path, ribbon, turned

_INK = Relief(puff=1, height=0, crumple=0, shadow=0)
_SUNSET = [(222, 92, 66), (236, 150, 74), (244, 200, 104)]


def printed(canvas: Canvas, cloth: Cloth) -> None:
    picture = [_sun, _hills, _arches, _bloom][int(canvas.rng.integers(4))]
    for outlines, ink in picture(cloth.other):
        canvas.part(outlines, Cloth(ink), _INK)


Inked = list[tuple[list[Points], np.ndarray]]


def _sun(other: np.ndarray) -> Inked:
    shapes: Inked = []
    for k, ink in enumerate(_SUNSET):
        shapes.append(([disc(300, 330, 62 - 18 * k)], rgb(ink)))
    waves = []
    for k in range(4):
        y = 352 + 15 * k
        line = path(
            f"M 226 {y} Q 250 {y - 12} 275 {y} Q 300 {y + 12} 325 {y} "
            f"Q 350 {y - 12} 374 {y}"
        )
        waves.append(ribbon(line, 3.2, 3.2))
    return [*shapes, (waves, other)]


def _hills(other: np.ndarray) -> Inked:
    far = path("M 222 384 L 262 322 L 284 348 L 316 296 L 378 384")
    near = path("M 222 384 Q 262 350 300 368 Q 340 350 378 384")
    snow = path("M 300 322 L 316 296 L 335 322 L 322 316 L 314 326 L 308 316")
    return [
        ([disc(348, 298, 19)], rgb(_SUNSET[1])),
        ([far], rgb((92, 128, 140))),
        ([snow], rgb((244, 242, 236))),
        ([near], rgb((62, 92, 86))),
        ([ribbon(path("M 222 394 L 378 394"), 2, 2)], other),
    ]


def _arches(other: np.ndarray) -> Inked:
    inks = [other, rgb((214, 112, 82)), rgb((230, 176, 96)), rgb((112, 140, 128))]
    shapes: Inked = []
    for k, ink in enumerate(inks):
        r = 74 - 18 * k
        arch = path(
            f"M {300 - r} 386 C {300 - r} {386 - r * 1.6:.1f} {300 + r} "
            f"{386 - r * 1.6:.1f} {300 + r} 386"
        )
        shapes.append(([ribbon(arch, 0, 13)], ink))
    return shapes


def _bloom(other: np.ndarray) -> Inked:
    stem = ribbon(path("M 300 330 Q 292 372 302 414"), 2.4, 2.4)
    blades = [
        path("M 300 388 Q 330 360 352 366 Q 336 394 300 388"),
        path("M 299 372 Q 270 346 250 354 Q 264 378 299 372"),
    ]
    petals = [turned(disc(300, 292, 19, 1.4), 60 * k, (300, 320)) for k in range(6)]
    return [
        ([stem, *blades], rgb((84, 124, 92))),
        (petals, rgb(_SUNSET[0])),
        ([disc(300, 320, 15)], rgb(_SUNSET[2])),
        ([ribbon(path("M 248 428 L 352 428"), 1.8, 1.8)], other),
    ]
