import pytest
from django.utils.translation import override

from catalog.prices.ranges import PriceRange
from fashionlens.languages.prices import format_price, format_range

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "minor", "currency", "text"),
    [
        ("en", 129_900, "EUR", "€1,299.00"),
        ("en", 500, "CHF", f"CHF{NBSP}5.00"),
        ("en", 1299, "JPY", "¥1,299"),
        ("en-gb", 500, "USD", "$5.00"),
        ("de", 129_900, "EUR", f"1.299,00{NBSP}€"),
        ("de", 12_500, "KWD", f"12,500{NBSP}KWD"),
    ],
)
def test_prices_are_written_as_the_language_writes_them(
    language, minor, currency, text
):
    with override(language):
        assert format_price(minor, currency) == text


@pytest.mark.parametrize(
    ("currency", "ends", "name"),
    [
        ("EUR", (None, 2499), "Under €25"),
        ("EUR", (2500, 4999), "€25 to €50"),
        ("EUR", (10_000, None), "€100 and more"),
        ("EUR", (None, 2500), "Up to €25"),
        ("EUR", (1050, 1090), "€10.50 to €10.90"),
        ("EUR", (None, None), "Any price"),
        ("JPY", (2000, 4999), "¥2,000 to ¥5,000"),
        ("JPY", (None, 1990), "Up to ¥1,990"),
        ("KWD", (2500, 4999), f"KWD{NBSP}2.500 to KWD{NBSP}5"),
    ],
)
def test_ranges_are_named_in_round_prices(currency, ends, name):
    prices = PriceRange(*ends, count=1, chosen=False)
    assert format_range(prices, currency) == name


def test_ranges_are_named_in_german():
    prices = PriceRange(2500, 4999, count=1, chosen=False)
    with override("de"):
        assert format_range(prices, "EUR") == f"25{NBSP}€ bis 50{NBSP}€"
