"""What goes with what: the rules of "Goes with it", in two tables and no more.

Both are the common sense of getting dressed, written down; no click history is needed.
"""

import re
from collections.abc import Iterable, Sequence

from django.conf import settings

# What is worn with each kind, most wanted first. The number is how many of it are
# shown at most: one of each makes the first outfit, the second of each the next.
GOES_WITH = {
    "shirt":      {"pants": 2, "shoes": 2, "outwear": 2, "skirt": 1, "shorts": 1},
    "t-shirt":    {"pants": 2, "shoes": 2, "shorts": 1, "outwear": 1, "skirt": 1},
    "longsleeve": {"pants": 2, "shoes": 2, "outwear": 2, "skirt": 1, "hat": 1},
    "outwear":    {"pants": 2, "longsleeve": 2, "shoes": 2, "shirt": 1, "hat": 1},
    "dress":      {"shoes": 3, "outwear": 3, "hat": 2},
    "pants":      {"shirt": 2, "shoes": 2, "outwear": 2, "longsleeve": 1, "t-shirt": 1},
    "skirt":      {"shirt": 2, "shoes": 2, "outwear": 2, "t-shirt": 1, "longsleeve": 1},
    "shorts":     {"t-shirt": 3, "shoes": 2, "shirt": 2, "hat": 1},
    "shoes":      {"pants": 2, "dress": 1, "skirt": 1, "outwear": 2, "shirt": 2},
    "hat":        {"outwear": 2, "longsleeve": 2, "t-shirt": 2, "pants": 2},
}  # fmt: skip

# What shops call them. A category is of the kind whose name ends its own: "Men's
# denim jeans" are jeans, a shirt dress is a dress. One without a kind has no
# complements and is none: nothing is shown rather than nonsense. OUTFIT_KINDS names
# the kinds of categories in other words or languages.
NAMES = {
    "shirt": "shirt blouse polo polo-shirt",
    "t-shirt": "t-shirt tee top tank-top",
    "longsleeve": "longsleeve long-sleeve jumper sweater sweatshirt hoodie pullover"
    " cardigan knitwear knit",
    "outwear": "outwear outerwear coat jacket blazer parka",
    "dress": "dress gown jumpsuit",
    "pants": "pants pant trouser jeans jean chino legging jogger",
    "skirt": "skirt",
    "shorts": "shorts short bermuda",
    "shoes": "shoes shoe boot sneaker trainer sandal heel loafer footwear",
    "hat": "hat cap beanie headwear",
}

# Places on the painters' wheel of twelve hues (Itten, The Art of Color, 1961): yellow
# is 0, red 4, blue 8. A dark or a pale shade stands where its hue does.
HUES = {
    "yellow": 0, "orange": 2, "red": 4, "burgundy": 4, "pink": 5, "purple": 6,
    "blue": 8, "light blue": 8, "green": 10, "olive": 11,
}  # fmt: skip
# They go with everything, and so does denim: the blue of these kinds.
NEUTRALS = {"black", "white", "grey", "beige", "brown", "navy"}
DENIM = {"pants", "skirt", "shorts"}
DENIM_BLUES = {"blue", "light blue"}

# How well two hues go together by their steps apart on the wheel, 0 best. Neighbours
# and opposites are harmonies (Itten; the V and I templates of Matsuda, 1995, in
# Cohen-Or et al., Color Harmonization, 2006); what lies between is a clash.
NEIGHBOURS, OPPOSITES = 2, 5  # at most, at least
BEST, GOOD, BOLD, UNKNOWN, CLASH = range(5)

_BY_NAME = {name: kind for kind, names in NAMES.items() for name in names.split()}


def kind_of(slug: str) -> str | None:
    """The kind of a category, by its slug."""
    if slug in settings.OUTFIT_KINDS:
        return settings.OUTFIT_KINDS[slug]
    words = re.split(r"[-_]+", slug.lower())
    for start in range(len(words)):
        name = "-".join(words[start:])
        for singular in (name, name.removesuffix("s"), name.removesuffix("es")):
            if singular in _BY_NAME:
                return _BY_NAME[singular]
    return None


def worn_with(slug: str, slugs: Iterable[str]) -> dict[str, tuple[list[str], int]]:
    """Kind -> categories of the shop and how many of them to show, in order."""
    by_kind: dict[str, list[str]] = {}
    for each in slugs:
        by_kind.setdefault(kind_of(each) or "", []).append(each)
    wanted = GOES_WITH.get(kind_of(slug) or "", {})
    return {kind: (by_kind[kind], n) for kind, n in wanted.items() if kind in by_kind}


def hues(colours: Sequence[str], kind: str | None) -> list[int]:
    """Where the colours that are not neutral stand on the wheel."""
    denim = DENIM_BLUES if kind in DENIM else set()
    return [HUES[name] for name in colours if name not in NEUTRALS | denim]


def harmony(some: Sequence[int], others: Sequence[int]) -> int:
    """BEST to CLASH between two garments, of `hues()`: what goes worst decides."""
    return max((_between(a, b) for a in some for b in others), default=BEST)


def _between(one: int, other: int) -> int:
    around = abs(one - other) % 12
    steps = min(around, 12 - around)
    if steps <= NEIGHBOURS:
        return GOOD
    return BOLD if steps >= OPPOSITES else CLASH


def in_harmony(some: Sequence[int], kind: str) -> list[str]:
    """Names of the colours that a garment of the kind may have beside `some` hues."""
    names = [*NEUTRALS, *HUES]
    return [n for n in names if harmony(some, hues([n], kind)) < CLASH]
