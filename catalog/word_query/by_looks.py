"""Products that look like words say. Whoever sees photos registers how to know."""

from collections.abc import Collection, Mapping
from typing import Protocol

from catalog.filters import Filters


class LooksSearch(Protocol):
    def find(self, words: str, filters: Filters, number: int) -> list[int]:
        """Return ids of published products that look like the words, best first."""

    def compare(self, words: str, products: Collection[int]) -> Mapping[int, float]:
        """Return how far products are from looking like the words; what does is at
        most 0.

        Products without a vector are left out.
        """


_searches: list[LooksSearch] = []


def register_looks_search(search: LooksSearch) -> None:
    _searches.append(search)


def find_by_looks(words: str, filters: Filters, number: int) -> list[int]:
    return [pk for each in _searches for pk in each.find(words, filters, number)]


def compare_looks(words: str, products: Collection[int]) -> dict[int, float]:
    return {
        pk: far
        for each in _searches
        for pk, far in each.compare(words, products).items()
    }
