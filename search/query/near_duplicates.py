"""Many products with one and the same photo do not fill an answer.

A placeholder, a supplier's picture used for every size: all of their vectors are the
same, so whoever finds one finds them all. A search drops none, since an answer is
complete; the first few keep their place and the others come last. What is recommended
has one of each.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from search.query.nearest import MAX_K, SAME_DIGITS, Hit

MOST = 3  # products with the same photo that keep their place


class Distant(Protocol):
    @property
    def distance(self) -> float | None: ...


Kind = TypeVar("Kind", bound=Distant)


def beyond_flood(look: Callable[..., list[Hit]], k: int) -> list[Hit]:
    """`look(k=k)`, and more where one photo may have taken the place of others."""
    hits = look(k=k)
    return past_flood(look, look(k=MAX_K)) if is_flooded(hits) else hits


def past_flood(look: Callable[..., list[Hit]], hits: list[Hit]) -> list[Hit]:
    """`hits`; where few photos fill all of MAX_K, what lies behind them too, before
    those that came for it: they are more than MAX_K then."""
    photos = {round(hit.distance, SAME_DIGITS) for hit in hits}
    if len(hits) < MAX_K or len(photos) > MAX_K // 4:
        return hits
    apart = look(k=MAX_K, most=MOST)
    first = {hit.product_id for hit in apart}
    return apart + [hit for hit in hits if hit.product_id not in first]


def is_flooded(hits: Sequence[Distant]) -> bool:
    return any(number >= MOST for number in _numbers(hits))


def without_flood(hits: Sequence[Kind]) -> list[Kind]:
    """The same hits, those with the same photo as MOST before them at the end."""
    numbered = list(zip(_numbers(hits), hits, strict=True))
    first = [hit for number, hit in numbered if number < MOST]
    return first + [hit for number, hit in numbered if number >= MOST]


def one_of_each(hits: Sequence[Kind]) -> list[Kind]:
    """Of those with the same photo only the first."""
    return [hit for number, hit in zip(_numbers(hits), hits, strict=True) if not number]


def _numbers(hits: Sequence[Distant]) -> list[int]:
    """How many before each are as far away; 0 for those without a distance."""
    counted: Counter[float] = Counter()
    numbers = []
    for hit in hits:
        key = None if hit.distance is None else round(hit.distance, SAME_DIGITS)
        numbers.append(0 if key is None else counted[key])
        if key is not None:
            counted[key] += 1
    return numbers
