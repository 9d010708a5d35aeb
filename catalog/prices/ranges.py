"""The limits between the price ranges of a list, from the list's own prices."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

PriceLimits = tuple[int | None, int | None]  # inclusive; None is open

# Limits are these, times a power of ten.
_ROUND = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)


@dataclass(frozen=True)
class PriceRange:
    """Both limits are inclusive; None is open."""

    min_cents: int | None
    max_cents: int | None
    count: int
    chosen: bool

    @property
    def value(self) -> str:
        """Return the pages' parameter `price`: `2500-4999` or `-2499`."""
        limits = (self.min_cents, self.max_cents)
        return "-".join("" if limit is None else str(limit) for limit in limits)


def price_limits(counts: Mapping[int, int], *chosen: Any) -> list[PriceLimits]:
    """Return the ranges offered, cheapest first, then the chosen one if unlike."""
    steps = price_steps(counts)
    lows = [None, *steps]
    highs = [*(step - 1 for step in steps), None]
    # Without a limit, the range of all products would narrow nothing.
    offered: list[PriceLimits] = [*zip(lows, highs, strict=True)] if steps else []
    low, high = chosen
    known = chosen == (None, None) or chosen in offered
    return offered if known else [*offered, (low, high)]


def price_steps(counts: Mapping[int, int]) -> list[int]:
    """Return at most three limits near the quartiles, from price -> number of products.

    Each has products below it, and others not below it.
    """
    prices = sorted(counts)
    sums = list(accumulate(counts[price] for price in prices))
    quarters = [sums[-1] * n / 4 for n in (1, 2, 3)] if prices else []
    rounded = {_round(prices[bisect_left(sums, each)]) for each in quarters}
    return sorted(step for step in rounded if prices[0] < step <= prices[-1])


def _round(price: int) -> int:
    """Return the nearest round number: 2500 for 2490."""
    if price < _ROUND[0]:
        return price
    power = 10 ** (len(str(price)) - 2)
    return min((each * power for each in _ROUND), key=lambda each: abs(each - price))
