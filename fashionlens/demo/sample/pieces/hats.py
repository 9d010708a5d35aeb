"""Caps, beanies and hats with brims, seen from the front or three-quarter."""

from collections.abc import Callable

import numpy as np

from fashionlens.demo.sample.drawing.canvas import Canvas, Relief
from fashionlens.demo.sample.drawing.cloth import Cloth
from fashionlens.demo.sample.drawing.details import stitch
from fashionlens.demo.sample.drawing.palette import luminance, rgb
from fashionlens.demo.sample.drawing.paths import (
    Points,
    between,
    disc,
    mirrored,
    moved,
    path,
    ribbon,
    shifted,
)

_STIFF = Relief(puff=34, height=0.75, crumple=0.4)
_BAND_INK = (44, 42, 44)


def draw(canvas: Canvas, style: str, cloth: Cloth) -> None:
    HATS[style](canvas, cloth)


def _cap(canvas: Canvas, cloth: Cloth) -> None:
    _peaked(canvas, cloth, Cloth(cloth.colour))


def _trucker(canvas: Canvas, cloth: Cloth) -> None:
    _peaked(canvas, Cloth(cloth.other), Cloth(cloth.colour), mesh=True)


def _peaked(canvas: Canvas, crown: Cloth, peak: Cloth, *, mesh: bool = False) -> None:
    _dome(canvas, crown, mesh=mesh)
    canvas.part(disc(346, 245, 9, 0.6), peak, Relief(puff=4, crumple=0, height=1))
    for x, y in ((318, 312), (450, 322)):
        canvas.part(
            disc(x, y, 3.6), crown.plain(-0.4), Relief(puff=1, crumple=0, shadow=0)
        )
    if canvas.rng.random() < 0.4:
        badge = path("M 222 340 L 264 336 L 266 366 L 222 372")
        canvas.part(badge, Cloth(rgb((196, 160, 112))), Relief(puff=3, crumple=0))
    _peak(canvas, peak)


def _dome(canvas: Canvas, cloth: Cloth, *, mesh: bool) -> None:
    dome = path(
        "M 192 452 C 176 330 238 244 346 244 C 452 246 500 330 494 440 "
        "C 490 462 470 470 440 466 C 360 452 280 448 192 452"
    )
    canvas.part(dome, cloth, _STIFF)
    seams = [
        path("M 346 246 C 300 290 282 360 286 450"),
        path("M 346 246 C 398 280 424 360 418 464"),
        path("M 346 246 C 440 270 470 330 476 400"),
    ]
    canvas.lines(seams, 2.0, -0.26)
    for side in (-6, 6):
        stitch(canvas, [shifted(seam, side) for seam in seams[:2]], -0.18)
    if mesh:
        grid = [path(f"M {x} 250 L {x + 30} 470") for x in range(420, 520, 9)]
        grid += [path(f"M {x + 60} 250 L {x - 30} 470") for x in range(400, 520, 9)]
        canvas.lines(grid, 1.0, -0.2)


def _peak(canvas: Canvas, cloth: Cloth) -> None:
    under = path(
        "M 190 440 C 150 452 96 480 78 512 C 130 490 240 476 330 466 L 300 444"
    )
    canvas.part(under, cloth.plain(-0.45), Relief(crumple=0, shadow=0))
    brim = path(
        "M 190 440 C 140 444 84 474 74 506 C 74 520 88 520 100 514 "
        "C 170 484 258 476 372 476 C 352 456 272 442 190 440"
    )
    canvas.part(brim, cloth, Relief(puff=9, crumple=0.2, height=0.8, shadow=0.34))
    edge = path("M 92 504 C 160 474 258 464 352 466")
    stitch(canvas, [edge, moved(edge, 10, -8), moved(edge, 24, -16)], -0.2)


def _beanie(canvas: Canvas, cloth: Cloth) -> None:
    _knitted(canvas, cloth, bobble=False)


def _bobble(canvas: Canvas, cloth: Cloth) -> None:
    _knitted(canvas, cloth, bobble=True)


def _knitted(canvas: Canvas, cloth: Cloth, *, bobble: bool) -> None:
    wool = Cloth(
        cloth.colour,
        "knit" if cloth.pattern == "plain" else cloth.pattern,
        cloth.second,
    )
    if bobble:
        _pompom(canvas, Cloth(cloth.other))
    _knitted_dome(canvas, wool)
    _knitted_cuff(canvas, cloth, bobble=bobble)
    if not bobble:
        canvas.part(
            path("M 352 462 L 392 458 L 394 494 L 354 498"),
            Cloth(rgb((214, 190, 150))),
            Relief(puff=3, crumple=0),
        )


def _knitted_dome(canvas: Canvas, wool: Cloth) -> None:
    crown = mirrored(path("M 300 216 C 390 216 446 290 448 430 L 448 450 L 300 462"))
    creases = [
        (
            path(f"M {300 + 24 * k} 232 Q {300 + 46 * k} 300 {300 + 50 * k} 430"),
            15,
            -0.5,
        )
        for k in (-2.6, -1.7, -0.9, 0.0, 0.9, 1.7, 2.6)
    ]
    canvas.part(crown, wool, Relief(puff=36, height=0.8, crumple=0.5), folds=creases)


def _knitted_cuff(canvas: Canvas, cloth: Cloth, *, bobble: bool) -> None:
    cuff = mirrored(
        path(
            "M 300 428 L 440 416 C 456 414 460 424 460 440 L 456 500 "
            "C 454 516 446 518 434 520 Q 372 534 300 534"
        )
    )
    canvas.part(
        cuff,
        Cloth(cloth.colour if bobble else cloth.plain(-0.05).colour, "knit"),
        Relief(puff=14, crumple=0.4, ribs=11, shadow=0.34),
    )


def _pompom(canvas: Canvas, cloth: Cloth) -> None:
    rng = canvas.rng
    for ring in (56, 48, 38, 27, 15):
        tufts = []
        for a in rng.uniform(0, 2 * np.pi, 70):
            out = np.array([np.cos(a), np.sin(a)])
            tip = np.array([300, 190]) + out * ring * rng.uniform(0.9, 1.12)
            tufts.append(
                ribbon(np.array([tip - out * 22, tip - out * 10, tip]), 1.6, 1.6)
            )
        tone = (56 - ring) / 230
        canvas.part(
            [disc(300, 190, ring * 0.84), *tufts],
            cloth.plain(tone - 0.08),
            Relief(puff=8, height=0.7, crumple=1.5, grain=(10, 10), shadow=0.12),
        )


def _crown_and_brim(
    canvas: Canvas,
    cloth: Cloth,
    crown: Points,
    brim: tuple[float, float, float],
    band: Cloth | None,
) -> None:
    wide, deep, y = brim
    rim = disc(300, y, wide, deep / wide)
    canvas.part(rim, cloth, Relief(puff=12, crumple=0.5, grain=(160, 60)))
    canvas.lines([np.concatenate([rim, rim[:1]]) * 0.97 + (9, y * 0.03)], 1.6, -0.16)
    canvas.part(crown, cloth, _STIFF)
    if band:
        low = path(f"M 176 {y - 22} Q 300 {y + 26} 424 {y - 22}")
        high = low - (0, 40)
        high = (high - (300, 0)) * (0.975, 1) + (300, 0)
        canvas.part(
            np.concatenate([low, high[::-1]]),
            band,
            Relief(puff=6, crumple=0.3, height=0.5, shadow=0.2),
        )


def _sun(canvas: Canvas, cloth: Cloth) -> None:
    crown = mirrored(
        path("M 300 258 C 372 258 416 306 420 372 L 425 420 C 400 448 340 452 300 452")
    )
    straw = Cloth(cloth.colour, "knit" if cloth.pattern == "plain" else cloth.pattern)
    band = (
        Cloth(rgb(_BAND_INK)) if luminance(cloth.colour) > 0.4 else Cloth(cloth.other)
    )
    _crown_and_brim(canvas, straw, crown, (252, 92, 436), band)


def _fedora(canvas: Canvas, cloth: Cloth) -> None:
    crown = mirrored(
        path(
            "M 300 268 C 318 250 366 240 392 262 C 414 290 418 350 425 420 "
            "C 400 446 340 450 300 450"
        )
    )
    band = cloth.plain(-0.5) if luminance(cloth.colour) > 0.3 else cloth.plain(0.3)
    _crown_and_brim(canvas, cloth, crown, (232, 66, 432), band)
    canvas.part(
        path("M 262 272 Q 300 300 338 272 Q 316 348 300 352 Q 284 348 262 272"),
        cloth.plain(-0.10),
        Relief(puff=16, height=-0.5, crumple=0, shadow=0),
    )


def _boater(canvas: Canvas, cloth: Cloth) -> None:
    crown = mirrored(
        path("M 300 300 C 360 300 408 302 414 310 L 425 420 C 400 446 340 450 300 450")
    )
    straw = Cloth(cloth.colour, "knit")
    _crown_and_brim(canvas, straw, crown, (226, 62, 432), Cloth(cloth.other))
    canvas.part(disc(300, 312, 112, 0.16), straw.plain(0.08), Relief(puff=5, crumple=0))


def _bucket(canvas: Canvas, cloth: Cloth) -> None:
    brim = mirrored(
        path("M 300 392 L 424 398 C 446 430 476 472 492 500 C 470 530 392 552 300 552")
    )
    crown = mirrored(
        path(
            "M 300 252 C 360 252 396 256 404 270 C 414 310 422 360 428 412 "
            "C 400 430 344 434 300 434"
        )
    )
    canvas.part(brim, cloth, Relief(puff=16, crumple=0.7, grain=(120, 70)))
    rows = [
        between(
            path("M 170 412 Q 300 446 430 412"),
            path("M 112 498 Q 300 596 488 498"),
            k / 7,
        )
        for k in range(1, 7)
    ]
    stitch(canvas, rows, -0.16)
    canvas.part(crown, cloth, Relief(puff=22, crumple=0.7, shadow=0.36))
    canvas.lines([path("M 194 274 Q 300 302 406 274")], 1.8, -0.26)
    stitch(canvas, [path("M 176 406 Q 300 438 424 406")], -0.24)
    for x in (222, 238):
        canvas.part(disc(x, 340, 3.4), cloth.plain(-0.45), Relief(puff=1, shadow=0))


def _beret(canvas: Canvas, cloth: Cloth) -> None:
    felt = Cloth(cloth.colour, "heather" if cloth.pattern == "plain" else cloth.pattern)
    top = path(
        "M 150 440 C 96 384 118 306 224 286 C 330 268 470 300 494 372 "
        "C 510 428 462 470 398 478 C 316 486 206 490 150 440"
    )
    creases = [
        (path("M 180 446 Q 260 410 300 340"), 26, -0.5),
        (path("M 250 470 Q 330 430 350 350"), 26, 0.4),
        (path("M 340 474 Q 420 440 420 370"), 24, -0.4),
    ]
    canvas.part(top, felt, Relief(puff=38, height=0.7, crumple=1.0), folds=creases)
    band = path(
        "M 176 452 C 246 492 356 490 430 468 L 424 498 C 356 518 252 516 188 482"
    )
    canvas.part(
        band, Cloth(cloth.plain(-0.15).colour), Relief(puff=7, crumple=0.2, ribs=6)
    )
    stem = ribbon(path("M 310 290 Q 312 274 320 262"), 3.5, 3.5)
    canvas.part(stem, felt, Relief(puff=3, crumple=0))


HATS: dict[str, Callable[[Canvas, Cloth], None]] = {
    "cap": _cap,
    "trucker": _trucker,
    "beanie": _beanie,
    "bobble": _bobble,
    "bucket": _bucket,
    "sun": _sun,
    "fedora": _fedora,
    "boater": _boater,
    "beret": _beret,
}
