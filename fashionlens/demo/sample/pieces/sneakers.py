"""Sneakers: court shoe, running shoe, basketball boot."""

from fashionlens.demo.sample.drawing.canvas import Canvas, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import stitch
from fashionlens.demo.sample.drawing.paths import disc, path, ribbon, shifted
from fashionlens.demo.sample.pieces.soles import (
    DARK,
    INSIDE,
    LACE,
    LEATHER,
    PANEL,
    RUBBER,
    SOLE,
    bow,
    cup_sole,
    lace_for,
    laces,
    opening,
)


def sneaker(canvas: Canvas, cloth: Cloth) -> None:
    opening(canvas, 300, 492, 352)
    tongue = path("M 262 388 L 296 326 C 310 316 330 322 332 340 L 322 384")
    canvas.part(tongue, cloth.plain(0.05), Relief(puff=7, crumple=0.3))
    upper = path(
        "M 98 500 C 92 462 116 438 172 424 C 220 410 262 384 296 348 "
        "C 312 344 318 356 332 366 C 366 388 406 388 434 374 "
        "C 456 362 468 336 490 338 C 508 346 508 410 506 500"
    )
    canvas.part(upper, cloth, LEATHER)
    toe = path("M 100 500 C 94 464 116 442 166 434 C 188 452 196 476 194 500")
    canvas.part(toe, cloth.plain(-0.03), PANEL)
    heel = path("M 508 500 L 508 420 C 484 424 456 440 446 500")
    canvas.part(heel, cloth.plain(-0.05), PANEL)
    tab = path(
        "M 462 352 C 474 336 492 332 500 344 L 507 408 C 490 404 474 396 466 388"
    )
    canvas.part(tab, Cloth(cloth.other), PANEL)
    stay = path(
        "M 196 430 C 236 414 270 386 298 350 L 330 372 C 306 410 270 444 222 462"
    )
    canvas.part(stay, cloth.plain(-0.02), PANEL)
    stitch(canvas, [shifted(path("M 222 458 C 268 442 302 408 326 374"), 3)])
    laces(canvas, path("M 220 434 L 312 364"), 5, lace_for(cloth))
    bow(canvas, 310, 348, lace_for(cloth))
    cup_sole(canvas, RUBBER)


def runner(canvas: Canvas, cloth: Cloth) -> None:
    _knit_upper(canvas, cloth)
    _runner_panels(canvas, cloth)
    laces(canvas, path("M 222 424 L 314 358"), 5, lace_for(cloth))
    bow(canvas, 312, 342, lace_for(cloth))
    _runner_sole(canvas, cloth)


def _knit_upper(canvas: Canvas, cloth: Cloth) -> None:
    opening(canvas, 308, 494, 352)
    tongue = path("M 268 392 L 300 318 C 316 306 334 316 334 336 L 326 384")
    canvas.part(tongue, Cloth(cloth.other), Relief(puff=7, crumple=0.3))
    knit = Cloth(cloth.colour, "heather", seed=cloth.seed)
    upper = path(
        "M 92 484 C 92 456 128 436 182 418 C 226 402 266 378 298 342 "
        "C 314 340 322 356 336 366 C 370 384 410 380 436 366 "
        "C 458 352 470 322 494 322 C 512 334 506 410 508 484"
    )
    canvas.part(upper, knit, LEATHER)


def _runner_panels(canvas: Canvas, cloth: Cloth) -> None:
    other = Cloth(cloth.other)
    canvas.part(
        path("M 92 486 C 94 462 112 448 140 440 C 156 456 166 470 168 488"),
        other,
        PANEL,
    )
    for x in (338, 372):
        bar = path(f"M {x - 40} 486 Q {x - 8} 440 {x + 2} 384")
        canvas.part(ribbon(bar, 8, 8), other, PANEL)
    canvas.part(
        path(
            "M 470 342 C 478 326 494 320 502 334 L 508 470 C 484 470 462 450 456 420 "
            "C 474 400 476 370 470 342"
        ),
        cloth.plain(-0.2),
        PANEL,
    )


def _runner_sole(canvas: Canvas, cloth: Cloth) -> None:
    sole = path(
        "M 84 474 C 74 500 84 524 130 528 L 470 528 C 512 528 528 506 520 464 "
        "C 470 492 400 482 330 486 C 240 494 150 494 84 474"
    )
    canvas.part(sole, RUBBER, SOLE)
    canvas.lines(
        [path("M 90 500 C 200 520 400 506 518 492")], 2.6, 0.9, colour=cloth.colour
    )
    canvas.part(
        path("M 96 518 C 200 526 400 524 512 514 C 504 528 490 530 470 530 L 130 530"),
        DARK,
        Relief(puff=2, crumple=0, shadow=0),
    )


def hightop(canvas: Canvas, cloth: Cloth) -> None:
    _high_upper(canvas, cloth)
    toe = path("M 94 502 C 90 468 116 448 156 440 C 186 452 204 478 204 502")
    canvas.part(toe, RUBBER, Relief(puff=14, height=0.8, crumple=0))
    stitch(canvas, [path("M 176 440 C 206 458 222 480 222 500")])
    stay = path(
        "M 196 434 C 246 414 292 368 322 290 L 354 300 C 332 386 284 440 226 466"
    )
    canvas.part(stay, cloth.plain(-0.02), PANEL)
    laces(canvas, path("M 222 440 L 338 300"), 7, LACE, 27)
    bow(canvas, 344, 288, LACE)
    if canvas.rng.random() < 0.5:
        canvas.part(disc(424, 354, 24), RUBBER, Relief(puff=3, crumple=0))
    cup_sole(canvas, RUBBER)
    canvas.lines(
        [path("M 92 504 C 240 512 400 510 512 502")], 3.0, 0.85, colour=cloth.colour
    )


def _high_upper(canvas: Canvas, cloth: Cloth) -> None:
    canvas.part(
        path("M 330 270 C 370 250 450 250 496 268 L 480 320 L 350 320"),
        INSIDE.plain(-0.2),
        Relief(crumple=0, shadow=0),
    )
    tongue = path("M 290 372 L 328 258 C 342 246 362 254 362 272 L 352 340")
    canvas.part(tongue, cloth.plain(0.04), Relief(puff=7, crumple=0.4))
    upper = path(
        "M 96 500 C 94 466 130 446 184 432 C 240 412 290 366 326 284 "
        "C 336 276 350 282 364 286 C 410 292 460 284 500 270 "
        "C 510 330 500 380 508 500"
    )
    canvas.part(upper, cloth, Relief(puff=18, height=0.75, crumple=0.8, grain=(60, 60)))
    heel = path(
        "M 497 284 C 504 350 500 400 507 500 L 478 500 C 480 420 482 340 478 288"
    )
    canvas.part(heel, cloth.plain(-0.1), PANEL)
