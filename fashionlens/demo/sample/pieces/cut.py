"""The cut of a top: its measures and the lines that follow from them."""

from dataclasses import dataclass

import numpy as np

from fashionlens.demo.sample.drawing.paths import Points, mirrored, path


@dataclass(frozen=True)
class Top:
    """Half widths and heights in drawing units."""

    top: float = 165
    neck: float = 52
    drop: float = 46  # depth of the front neckline
    v: bool = False
    shoulder: float = 136
    slope: float = 34
    arm: float = 122  # height of the armhole
    chest: float = 150
    waist: float = 146
    hem: float = 152
    bottom: float = 610
    tail: float = 0  # the hem curves up this much at the sides
    sleeve: float = 122  # length; 0 for none
    angle: float = 33  # of the sleeve, from hanging straight down
    cuff: float = 76  # width of the sleeve's end
    rib: float = 0  # height of ribbed cuffs and hem
    open_hem: bool = False  # the hem is not ribbed, whatever the cuffs are
    collar: str = "rib"  # rib, none, shirt, roll, stand, hood, lapel, polo
    opening: str = ""  # buttons, half, zip, henley
    pocket: str = ""  # chest, chests, patch, welt, kangaroo, flaps
    puff: float = 12
    quilt: float = 0


def neckline(top: Top) -> Points:
    x, y, low = top.neck, top.top, top.top + top.drop
    if top.v:
        return path(
            f"M 300 {low} C {300 + x * 0.3} {low - top.drop * 0.35} "
            f"{300 + x * 0.9} {y + top.drop * 0.4} {300 + x} {y}"
        )
    return path(
        f"M 300 {low} C {300 + x * 0.58} {low} "
        f"{300 + x * 0.92} {y + top.drop * 0.55} {300 + x} {y}"
    )


def ribbed_hem(top: Top) -> bool:
    return bool(top.rib) and not top.open_hem


def armpit(top: Top) -> tuple[float, float]:
    return 300 + top.chest, top.top + top.slope + top.arm


def tip(top: Top) -> tuple[float, float]:
    return 300 + top.shoulder, top.top + top.slope


def side(top: Top) -> Points:
    x, y = armpit(top)
    low = top.bottom - top.tail
    middle = y + (low - y) * 0.5
    return path(
        f"M {x} {y} C {x - 2} {y + 40} {300 + top.waist} {middle - 60} "
        f"{300 + top.waist} {middle} C {300 + top.waist} {middle + 60} "
        f"{300 + top.hem} {low - 60} {300 + top.hem} {low}"
    )


def hem(top: Top) -> Points:
    x, low = 300 + top.hem, top.bottom - top.tail
    bend = 0.72 if top.tail else 0.5
    return path(
        f"M {x} {low} C {x - top.hem * 0.12} {top.bottom + 4} "
        f"{300 + top.hem * bend} {top.bottom + 7} 300 {top.bottom + 7}"
    )


def body_outline(top: Top) -> Points:
    x, y = tip(top)
    ax, ay = armpit(top)
    hole = path(f"M {x} {y} C {x - 12} {y + 36} {x - 8} {ay - 30} {ax} {ay}")
    return mirrored(np.concatenate([neckline(top), hole, side(top), hem(top)]))
