"""Shoes from the side, toe to the left, a pair at a time."""

from collections.abc import Callable

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import stitch
from fashionlens.demo.sample.drawing.palette import rgb
from fashionlens.demo.sample.drawing.paths import along, dashes, disc, path, shifted
from fashionlens.demo.sample.pieces.sneakers import hightop, runner, sneaker
from fashionlens.demo.sample.pieces.soles import (
    DARK,
    GUM,
    INSIDE,
    LEATHER,
    PANEL,
    SOLE,
    bow,
    laces,
    opening,
    welted,
)

_FAR, _NEAR = (30.0, -34.0), (-22.0, 18.0)  # how each shoe of the pair is moved
FLOORS = [(210.0, 600.0, 496.0), (0.0, 600.0, 546.0)]  # and where it stands


def draw(canvas: Canvas, style: str, cloth: Cloth) -> None:
    for shift in (_FAR, _NEAR):
        canvas.shift = shift
        SHOES[style](canvas, cloth)
    canvas.shift = (0.0, 0.0)


def _chelsea(canvas: Canvas, cloth: Cloth) -> None:
    canvas.part(
        path("M 330 232 C 380 214 450 214 494 232 L 488 266 L 336 266"),
        INSIDE.plain(-0.35),
        Relief(crumple=0, shadow=0),
    )
    upper = path(
        "M 96 506 C 90 470 130 448 196 430 C 258 412 318 372 332 300 "
        "L 330 240 C 372 252 452 250 494 238 C 506 320 488 400 500 506"
    )
    canvas.part(upper, cloth, LEATHER)
    gore = path(
        "M 382 250 L 446 248 C 446 320 432 366 416 392 C 396 366 384 320 382 250"
    )
    canvas.part(gore, cloth.plain(-0.35), Relief(puff=4, crumple=0, ribs=5, height=0.3))
    canvas.lines([path("M 416 392 Q 414 450 416 506")], 1.6, -0.28)
    canvas.part(
        path("M 482 226 C 484 206 502 206 504 226 L 500 262 L 488 262"), cloth, PANEL
    )
    welted(canvas, cloth, heel=True)


def _lace_boot(canvas: Canvas, cloth: Cloth) -> None:
    _boot_upper(canvas, cloth)
    _boot_stay(canvas, cloth)
    _lugged_sole(canvas)


def _boot_upper(canvas: Canvas, cloth: Cloth) -> None:
    canvas.part(
        path("M 334 236 C 380 216 456 216 498 236 L 488 280 L 346 280"),
        INSIDE.plain(-0.3),
        Relief(crumple=0, shadow=0),
    )
    canvas.part(
        path("M 296 380 L 330 226 C 346 212 366 220 366 240 L 356 320"),
        cloth.plain(-0.08),
        Relief(puff=7),
    )
    upper = path(
        "M 94 496 C 88 456 128 434 192 422 C 256 404 306 350 330 250 "
        "C 384 268 452 262 498 242 C 508 320 492 400 508 496"
    )
    canvas.part(upper, cloth, LEATHER)
    canvas.part(
        path("M 344 252 C 392 268 456 262 498 243 L 500 276 C 456 292 392 294 340 284"),
        cloth.plain(-0.22),
        Relief(puff=9, crumple=0.4),
    )


def _boot_stay(canvas: Canvas, cloth: Cloth) -> None:
    stay = path(
        "M 204 422 C 262 404 310 350 333 262 L 362 272 C 344 380 294 436 236 458"
    )
    canvas.part(stay, cloth.plain(-0.04), PANEL)
    stitch(canvas, [path("M 240 452 C 292 432 338 376 356 274")], 0.3)
    canvas.lines(
        [
            path("M 204 424 C 220 450 226 474 224 500"),
            path("M 440 290 C 420 360 420 430 430 500"),
        ],
        1.8,
        -0.3,
    )
    laces(canvas, path("M 230 430 L 344 276"), 7, Cloth(rgb((196, 160, 96))), 27)
    bow(canvas, 348, 264, Cloth(rgb((196, 160, 96))))


def _lugged_sole(canvas: Canvas) -> None:
    sole = path(
        "M 86 482 C 82 500 86 516 100 516 L 508 516 L 514 484 C 380 500 220 500 86 482"
    )
    canvas.part(sole, GUM, SOLE)
    stitch(canvas, [path("M 92 492 C 220 508 380 508 508 494")], 0.5)
    lugs = [
        path(f"M {x} 514 L {x + 22} 514 L {x + 19} 530 L {x + 3} 530")
        for x in range(100, 490, 30)
    ]
    canvas.part(lugs, GUM.plain(-0.25), Relief(puff=3, crumple=0, shadow=0.1))


def _oxford(canvas: Canvas, cloth: Cloth) -> None:
    opening(canvas, 300, 494, 386)
    upper = path(
        "M 92 504 C 88 474 124 456 180 446 C 232 434 268 414 298 380 "
        "C 330 398 370 410 420 400 C 452 392 474 374 494 374 C 508 400 502 450 506 504"
    )
    canvas.part(upper, cloth, Relief(puff=22, height=0.95, crumple=0.15))
    cap = path("M 180 446 C 196 462 200 486 196 508")
    canvas.lines([cap, shifted(cap, 5)], 1.8, -0.34)
    quarter = path("M 236 432 C 262 456 300 470 352 470 C 380 470 400 440 412 402")
    canvas.lines([quarter], 2.0, -0.36)
    spots = [
        disc(x, y, 0.7)
        for x, y in along(shifted(quarter, 6), np.linspace(0.04, 0.96, 22))
    ]
    spots += [
        disc(x, y, 0.7) for x, y in along(shifted(cap, -6), np.linspace(0.05, 0.95, 9))
    ]
    canvas.lines(spots, 1.8, -0.5)
    laces(canvas, path("M 246 426 L 304 388"), 4, cloth.plain(-0.45), 20)
    bow(canvas, 304, 382, cloth.plain(-0.45))
    canvas.lines([path("M 116 462 Q 160 446 196 452")], 7, 0.13)
    welted(canvas, cloth, heel=True, sole=Cloth(rgb((92, 62, 42))))


def _loafer(canvas: Canvas, cloth: Cloth) -> None:
    opening(canvas, 268, 494, 396)
    upper = path(
        "M 92 504 C 86 470 122 448 176 434 C 216 424 244 408 266 388 "
        "C 316 420 380 422 424 408 C 456 398 474 382 494 380 C 508 404 502 450 506 504"
    )
    canvas.part(upper, cloth, Relief(puff=22, height=0.9, crumple=0.2))
    apron = path("M 116 470 C 140 470 190 468 222 452 C 250 438 266 420 276 398")
    canvas.lines([apron], 2.4, -0.36)
    canvas.lines(dashes(shifted(apron, 3), 2, 5), 5, -0.22)
    strap = path(
        "M 214 424 L 262 398 C 284 420 300 454 306 504 L 256 504 C 252 474 238 444 "
        "214 424"
    )
    canvas.part(strap, cloth.plain(-0.05), PANEL)
    canvas.part(
        path("M 222 436 L 262 414 L 268 424 L 228 447"),
        cloth.plain(-0.5),
        Relief(puff=2, crumple=0, shadow=0),
    )
    welted(canvas, cloth, heel=True)


def _pump(canvas: Canvas, cloth: Cloth) -> None:
    inner = path(
        "M 214 458 C 300 440 400 360 486 306 L 470 350 C 400 400 320 452 236 470"
    )
    canvas.part(inner, INSIDE, Relief(crumple=0, shadow=0))
    heel = path(
        "M 436 396 C 470 400 490 390 500 360 C 494 420 480 470 474 530 L 458 530 "
        "C 462 480 456 440 436 396"
    )
    canvas.part(heel, cloth.plain(-0.12), Relief(puff=6, crumple=0, height=0.8))
    upper = path(
        "M 84 516 C 88 490 140 474 196 462 C 216 458 228 466 248 470 "
        "C 320 466 400 392 442 340 C 460 316 478 298 494 302 C 508 320 508 352 494 384 "
        "C 470 404 440 402 420 416 C 370 456 310 508 240 520 C 180 526 110 528 84 516"
    )
    canvas.part(upper, cloth, Relief(puff=16, height=1.0, crumple=0.1))
    canvas.lines([path("M 104 504 Q 150 484 196 474")], 7, 0.16)
    sole = path(
        "M 84 514 C 150 526 220 522 260 508 C 240 528 180 532 120 530 C 96 530 84 524 "
        "84 514"
    )
    canvas.part(sole, DARK, Relief(puff=2, crumple=0, shadow=0.1))


def _flat(canvas: Canvas, cloth: Cloth) -> None:
    opening(canvas, 214, 492, 452)
    upper = path(
        "M 90 508 C 88 476 126 460 186 452 C 214 448 226 462 248 474 "
        "C 310 494 390 484 432 456 C 456 440 474 424 494 426 C 508 444 506 478 506 514 "
        "L 100 518"
    )
    canvas.part(upper, cloth, Relief(puff=18, height=0.9, crumple=0.25))
    seam = path(
        "M 190 455 C 214 452 228 466 248 477 C 310 497 390 487 432 460 "
        "C 456 444 474 428 494 430"
    )
    canvas.lines([seam], 3, -0.2)
    wings = [
        path("M 196 456 C 176 436 164 446 166 460 C 170 470 186 466 196 460"),
        path("M 196 456 C 214 434 228 442 226 456 C 220 468 206 464 196 460"),
    ]
    canvas.part(wings, cloth.plain(-0.06), Relief(puff=5, crumple=0.4, height=0.9))
    canvas.part(disc(196, 458, 5), cloth.plain(-0.1), Relief(puff=3, crumple=0))
    sole = path(
        "M 90 506 C 90 520 96 528 120 528 L 496 528 L 506 512 C 380 520 220 520 90 506"
    )
    canvas.part(sole, Cloth(rgb((120, 92, 68))), SOLE)


SHOES: dict[str, Callable[[Canvas, Cloth], None]] = {
    "sneaker": sneaker,
    "runner": runner,
    "high-top": hightop,
    "chelsea": _chelsea,
    "lace-boot": _lace_boot,
    "oxford": _oxford,
    "loafer": _loafer,
    "pump": _pump,
    "flat": _flat,
}
