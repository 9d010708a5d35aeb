"""The rules of "Goes with it": which garments and which colours are worn together."""

import re
from collections.abc import Iterable, Sequence

from django.conf import settings

# What is worn with each kind of garment, the most wanted first, and how many of it are
# shown: one of each kind makes the first outfit, the second of each the next.
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

# A category is of the kind whose name ends its own: "men's denim jeans" are jeans, a
# shirt dress is a dress. A category without a kind has no complements and is none. The
# setting OUTFIT_KINDS gives the kinds of categories in other words or languages.
KIND_NAMES = {
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

# Positions on the painters' wheel of twelve hues (Itten, The Art of Color, 1961).
HUES = {
    "yellow": 0, "orange": 2, "red": 4, "burgundy": 4, "pink": 5, "purple": 6,
    "blue": 8, "light blue": 8, "green": 10, "olive": 11,
}  # fmt: skip
# These colours go with everything, and so does denim: the blue of these kinds.
NEUTRALS = {"black", "white", "grey", "beige", "brown", "navy"}
DENIM = {"pants", "skirt", "shorts"}
DENIM_BLUES = {"blue", "light blue"}

# Neighbours and opposites on the wheel are in harmony, what lies between clashes
# (Itten; the V and I templates of Matsuda, 1995, in Cohen-Or et al., Color
# Harmonization, 2006).
NEIGHBOURS = 2  # at most so many steps apart
OPPOSITES = 5  # at least so many steps apart
# How well colours go together, best first.
BEST, GOOD, BOLD, UNKNOWN, CLASH = range(5)

_BY_NAME = {name: kind for kind, names in KIND_NAMES.items() for name in names.split()}


def find_kind(slug: str) -> str | None:
    if slug in settings.OUTFIT_KINDS:
        return settings.OUTFIT_KINDS[slug]
    words = re.split(r"[-_]+", slug.lower())
    for start in range(len(words)):
        name = "-".join(words[start:])
        for singular in (name, name.removesuffix("s"), name.removesuffix("es")):
            if singular in _BY_NAME:
                return _BY_NAME[singular]
    return None


def find_complements(
    slug: str, slugs: Iterable[str]
) -> dict[str, tuple[list[str], int]]:
    """Map each kind worn with a category to the shop's categories and a number."""
    by_kind: dict[str, list[str]] = {}
    for each in slugs:
        by_kind.setdefault(find_kind(each) or "", []).append(each)
    wanted = GOES_WITH.get(find_kind(slug) or "", {})
    return {kind: (by_kind[kind], n) for kind, n in wanted.items() if kind in by_kind}


def hues(colours: Sequence[str], kind: str | None) -> list[int]:
    denim = DENIM_BLUES if kind in DENIM else set()
    return [HUES[name] for name in colours if name not in NEUTRALS | denim]


def harmony(some: Sequence[int], others: Sequence[int]) -> int:
    """Rate the hues of two garments from BEST to CLASH by the worst pair."""
    return max((_rate(a, b) for a in some for b in others), default=BEST)


def _rate(one: int, other: int) -> int:
    around = abs(one - other) % 12
    steps = min(around, 12 - around)
    if steps <= NEIGHBOURS:
        return GOOD
    return BOLD if steps >= OPPOSITES else CLASH


def harmonious_colours(some: Sequence[int], kind: str) -> list[str]:
    names = [*NEUTRALS, *HUES]
    return [n for n in names if harmony(some, hues([n], kind)) < CLASH]
