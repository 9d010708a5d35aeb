"""Keep products that share one photo from filling a list.

Products with a placeholder, or with one picture for every size, have equal vectors, so
that a search that finds one of them finds all. They are recognised by equal distances.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from search.query.nearest import MAX_K, SAME_DIGITS, Hit

MAX_SAME_PHOTO = 3  # products with one photo that keep their place in a list


def search_past_duplicates(search: Callable[..., list[Hit]], k: int) -> list[Hit]:
    """Return `search(k=k)`, or more hits where one photo may hide other products."""
    hits = search(k=k)
    if not has_near_duplicates(hits):
        return hits
    return extend_past_duplicates(search, search(k=MAX_K))


def extend_past_duplicates(
    search: Callable[..., list[Hit]], hits: list[Hit]
) -> list[Hit]:
    """Return the hits, with those hidden by a few photos that fill all of MAX_K.

    There are more than MAX_K hits then; the hidden ones come before the duplicates.
    """
    photos = {round(hit.distance or 0, SAME_DIGITS) for hit in hits}
    if len(hits) < MAX_K or len(photos) > MAX_K // 4:
        return hits
    varied = search(k=MAX_K, max_per_distance=MAX_SAME_PHOTO)
    first = {hit.product_id for hit in varied}
    return varied + [hit for hit in hits if hit.product_id not in first]


def has_near_duplicates(hits: Sequence[Hit]) -> bool:
    return any(number >= MAX_SAME_PHOTO for number in _number_same_photos(hits))


def move_duplicates_last(hits: Sequence[Hit]) -> list[Hit]:
    """Return the same hits; all but MAX_SAME_PHOTO with one photo come at the end."""
    numbered = list(zip(_number_same_photos(hits), hits, strict=True))
    first = [hit for number, hit in numbered if number < MAX_SAME_PHOTO]
    return first + [hit for number, hit in numbered if number >= MAX_SAME_PHOTO]


def drop_duplicates(hits: Sequence[Hit]) -> list[Hit]:
    numbered = zip(_number_same_photos(hits), hits, strict=True)
    return [hit for number, hit in numbered if number == 0]


def _number_same_photos(hits: Sequence[Hit]) -> list[int]:
    """Return for each hit how many before it are as far away; 0 without a distance."""
    counted: Counter[float] = Counter()
    numbers = []
    for hit in hits:
        if hit.distance is None:
            numbers.append(0)
            continue
        key = round(hit.distance, SAME_DIGITS)
        numbers.append(counted[key])
        counted[key] += 1
    return numbers
