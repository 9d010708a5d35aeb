"""The cuts of trousers and shorts."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Trousers:
    """Half widths and heights in drawing units."""

    top: float = 92
    waist: float = 88
    hip: float = 114
    crotch: float = 262
    knee: float = 112  # outer edge of the leg, half way down
    outer: float = 116  # outer and inner edge at the hem
    inner: float = 34
    bottom: float = 735
    front: str = "fly"  # fly, jeans, cords
    pocket: str = "slant"  # slant, jeans, cargo, none
    end: str = "hem"  # hem, rib, turn-up
    crease: bool = False
    band: float = 26


JEANS = Trousers(front="jeans", pocket="jeans")
TROUSERS: dict[str, Trousers] = {
    "slim-jeans": replace(JEANS, knee=98, outer=92, inner=34),
    "straight-jeans": JEANS,
    "wide-jeans": replace(JEANS, knee=136, outer=152, inner=22, hip=120),
    "chinos": replace(
        JEANS, front="fly", pocket="slant", knee=106, outer=102, inner=36
    ),
    "suit": Trousers(knee=108, outer=106, inner=36, crease=True),
    "palazzo": Trousers(knee=146, outer=176, inner=14, hip=116, waist=80, crease=True),
    "cargo": Trousers(pocket="cargo", knee=120, outer=116, inner=38, hip=120),
    "joggers": Trousers(
        front="cords", knee=110, outer=88, inner=42, end="rib", hip=118, bottom=700
    ),
    "leggings": Trousers(
        front="plain",
        pocket="none",
        waist=80,
        hip=112,
        knee=82,
        outer=68,
        inner=30,
        band=44,
    ),
    "turn-up": replace(
        JEANS,
        front="fly",
        pocket="slant",
        knee=112,
        outer=106,
        inner=36,
        end="turn-up",
        bottom=690,
    ),
}
_SHORT = Trousers(
    top=212, crotch=400, waist=108, hip=150, knee=158, outer=162, inner=18, bottom=545
)
SHORTS: dict[str, Trousers] = {
    "chino": _SHORT,
    "jeans": replace(_SHORT, front="jeans", pocket="jeans", bottom=528),
    "cut-off": replace(
        _SHORT,
        front="jeans",
        pocket="jeans",
        bottom=490,
        outer=168,
        end="turn-up",
        inner=12,
    ),
    "cargo": replace(_SHORT, pocket="cargo", bottom=590, outer=166),
    "swim": replace(
        _SHORT, front="cords", pocket="none", bottom=505, outer=174, knee=166
    ),
    "sweat": replace(_SHORT, front="cords", bottom=540),
    "bermuda": replace(_SHORT, bottom=610, outer=158, crease=True),
    "turn-up": replace(_SHORT, bottom=530, end="turn-up"),
    "running": replace(
        _SHORT, front="cords", pocket="none", bottom=480, outer=178, knee=170, inner=10
    ),
    "city": replace(_SHORT, waist=100, outer=182, knee=170, bottom=525, crease=True),
}
CUTS = {"pants": TROUSERS, "shorts": SHORTS}
