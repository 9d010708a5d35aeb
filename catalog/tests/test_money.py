"""Prices as people write them."""

import pytest

from catalog.money import Price, amount, parse_price, parse_shop_price
from catalog.tests.factories import make_product


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (129_900, "EUR", "1,299.00"),
        (5, "EUR", "0.05"),
        (1_299, "JPY", "1,299"),
        (0, "KRW", "0"),
        (12_500, "KWD", "12.500"),
        (123_456_000, "TND", "123,456.000"),
        (5, "BHD", "0.005"),
        (12, "ZZZ", "0.12"),  # unknown, but stored
    ],
)
def test_a_price_has_as_many_decimals_as_its_currency(minor, currency, text):
    assert amount(minor, currency) == text


@pytest.mark.django_db
def test_a_price_in_yen_is_the_same_wherever_it_is_shown(
    client, admin_client, settings
):
    settings.CURRENCY = "JPY"
    product = make_product(sku="kimono", price_cents=12_900)
    page = client.get(product.get_absolute_url()).text
    assert "¥12,900" in page
    assert '"price": "12900"' in page
    price = client.get("/api/v1/products/kimono/").json()["price"]
    assert price == {"cents": 12_900, "currency": "JPY", "display": "12,900 JPY"}
    assert "12,900 JPY" in admin_client.get("/admin/catalog/product/").text


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("19.90 EUR", (1990, "EUR")),
        ("EUR 19.90", (1990, "EUR")),
        ("19,90", (1990, "TRY")),
        ("19.9", (1990, "TRY")),
        ("19", (1900, "TRY")),
        ("0", (0, "TRY")),
        ("19.9000 usd", (1990, "USD")),
        ("€19.90", (1990, "EUR")),
        ("1.299,00 €", (129900, "EUR")),
        ("1,299.5GBP", (129950, "GBP")),
        ("1 299,00 PLN", (129900, "PLN")),
        ("1\u202f299,00 zł", (129900, "PLN")),
        ("1'299.00 CHF", (129900, "CHF")),
        ("1 299 SEK", (129900, "SEK")),
        ("1.299.000 IDR", (129900000, "IDR")),
        ("$19.90", (1990, "CAD")),
        ("19.90 kr", (1990, "SEK")),
        ("¥1,980", (1980, "JPY")),
        ("12,800 JPY", (12800, "JPY")),
        ("12800.00 JPY", (12800, "JPY")),
        ("1980 JPY", (1980, "JPY")),
        ("25.000.000 VND", (25_000_000, "VND")),
        ("12.500 KWD", (12500, "KWD")),
        ("12.345 KWD", (12345, "KWD")),
        ("BHD 1,250", (1250, "BHD")),
        ("1.234,560 TND", (1234560, "TND")),
        ("1,234.567 OMR", (1234567, "OMR")),
        ("1234.560 OMR", (1234560, "OMR")),
        ("12.5 JOD", (12500, "JOD")),
        ("12.50 JOD", (12500, "JOD")),
        ("12 JOD", (12000, "JOD")),
        ("1.250.500 IQD", (1250500000, "IQD")),
        ("1,29,900.00 INR", (12990000, "INR")),
        ("12,34,56,789 INR", (12345678900, "INR")),
        ("49,- EUR", (4900, "EUR")),
        ("CHF 49.-", (4900, "CHF")),
        ("49.\u2013 CHF", (4900, "CHF")),
        ("1.299,-- EUR", (129900, "EUR")),
    ],
)
def test_prices_are_read_as_shops_write_them(text, price):
    assert parse_price(text, price[1]) == Price(*price)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1\u00a0299\u202f000,00 zł", "PLN"),
        ("1,29,90 INR", "INR"),
        ("12.50 JPY", "JPY"),
        ("1.234,5 VND", "VND"),
        ("1.234.5678 KWD", "KWD"),
        ("49,-5 EUR", "EUR"),
        ("1.299 EUR", "EUR"),
        ("1,299", "EUR"),
        ("19.900", "EUR"),
        ("$19.90", "EUR"),
        ("19.90 kr", "EUR"),
        ("EUR 19.90 EUR", "EUR"),
        ("-5.00 EUR", "EUR"),
        ("1.29.9 EUR", "EUR"),
        ("12.99,00 EUR", "EUR"),
        ("free", "EUR"),
        ("", "EUR"),
        ("EUR", "EUR"),
        ("١٩", "EUR"),
        ("19.90 EUR 20.90 EUR", "EUR"),
        ("1e3", "EUR"),
        (f"1{' ' * 100_000}1", "EUR"),  # at once, too
    ],
)
def test_what_is_no_price_is_refused(text, currency):
    with pytest.raises(ValueError, match=r"price|currency|decimals"):
        parse_price(text, currency)


def test_another_currency_than_the_shops_is_refused_by_its_name():
    assert parse_price("1980 JPY", "EUR") == Price(1980, "JPY")
    assert parse_shop_price("19.80", "EUR") == Price(1980, "EUR")
    with pytest.raises(ValueError, match="in EUR, the shop's currency, not in JPY"):
        parse_shop_price("1980 JPY", "EUR")
