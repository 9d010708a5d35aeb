from collections import Counter

import pytest

from catalog.filters import Filters
from catalog.listing import Listing
from catalog.prices.ranges import price_steps
from catalog.tests.factories import make_product


@pytest.mark.parametrize(
    ("prices", "steps"),
    [
        ([], []),
        ([1990], []),
        ([1990, 1990, 1990], []),
        ([1900, 4900], [2000]),
        ([990, 1990, 4990, 12900, 39800], [2000, 5000, 12000]),
        ([1, 2, 3, 4], [2, 3]),
        ([0, 0, 0, 500], []),
        ([2490, 2690, 5100, 9990], [2500, 5000]),
        ([5] * 3 + [2_147_483_647], []),
    ],
)
def test_limits_are_round_and_between_the_prices_of_a_list(prices, steps):
    assert price_steps(Counter(prices)) == steps


@pytest.mark.django_db
def test_a_yen_shop_has_ranges_of_its_own(settings):
    settings.CURRENCY = "JPY"
    for price in (990, 1990, 4990, 12900, 39800):
        make_product(price_cents=price)
    counted = Listing(Filters()).facets.prices
    assert [(each.value, each.count) for each in counted] == [
        ("-1999", 2),
        ("2000-4999", 1),
        ("12000-", 2),
    ]
