"""Many products with one and the same photo do not fill an answer.

A placeholder, a supplier's picture used for every size: all of their vectors are the
same, so whoever finds one finds them all. None is dropped, since an answer is complete;
the first few keep their place and the others come last.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar

MOST = 3  # products with the same photo that keep their place
# Vectors of the same pixels differ in the last digits when they were not encoded in one
# batch; distances of different photos are hardly ever this close.
_DIGITS = 6


class Distant(Protocol):
    @property
    def distance(self) -> float | None: ...


Kind = TypeVar("Kind", bound=Distant)


def is_flooded(hits: Sequence[Distant]) -> bool:
    return any(number >= MOST for number in _numbers(hits))


def without_flood(hits: Sequence[Kind]) -> list[Kind]:
    """The same hits, those with the same photo as MOST before them at the end."""
    numbered = list(zip(_numbers(hits), hits, strict=True))
    first = [hit for number, hit in numbered if number < MOST]
    return first + [hit for number, hit in numbered if number >= MOST]


def _numbers(hits: Sequence[Distant]) -> list[int]:
    """How many before each are as far away; 0 for those without a distance."""
    counted: Counter[float] = Counter()
    numbers = []
    for hit in hits:
        key = None if hit.distance is None else round(hit.distance, _DIGITS)
        numbers.append(0 if key is None else counted[key])
        if key is not None:
            counted[key] += 1
    return numbers
