"""Products that look like words say. Whoever sees photos registers how to find them."""

from collections.abc import Callable

from catalog.filters import Filters

# Takes words, filters and how many; returns ids, best first.
Finder = Callable[[str, Filters, int], list[int]]
_finders: list[Finder] = []


def register_finder(finder: Finder) -> None:
    _finders.append(finder)


def find_by_looks(words: str, filters: Filters, number: int) -> list[int]:
    return [pk for finder in _finders for pk in finder(words, filters, number)]
