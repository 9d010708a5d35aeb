"""Prices as people write them."""

import pytest

from catalog.money import Price, amount, parse_price
from catalog.tests.factories import make_product


@pytest.mark.parametrize(
    ("cents", "currency", "text"),
    [
        (129_900, "EUR", "1,299.00"),
        (5, "EUR", "0.05"),
        (129_900, "JPY", "1,299"),
        (0, "KRW", "0"),
        (129_950, "JPY", "1,299.50"),  # nobody can pay it, but it is what is stored
    ],
)
def test_a_currency_without_cents_is_written_without_them(cents, currency, text):
    assert amount(cents, currency) == text


@pytest.mark.django_db
def test_a_price_in_yen_is_the_same_wherever_it_is_shown(client, admin_client):
    product = make_product(sku="kimono", price_cents=1_290_000, currency="JPY")
    assert "¥\N{NO-BREAK SPACE}12,900<" in client.get(product.get_absolute_url()).text
    price = client.get("/api/v1/products/kimono/").json()["price"]
    assert price == {"cents": 1_290_000, "currency": "JPY", "display": "12,900 JPY"}
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
        ("1\u00a0299\u202f000,00 zł", None),
        ("1\u202f299,00 zł", (129900, "PLN")),
        ("1'299.00 CHF", (129900, "CHF")),
        ("1 299 SEK", (129900, "SEK")),
        ("1.299.000 IDR", (129900000, "IDR")),
        ("12,800 JPY", (1280000, "JPY")),
        ("1.299 EUR", None),
        ("1,299", None),
        ("19.900", None),
        ("$19.90", None),
        ("19.90 kr", None),
        ("EUR 19.90 EUR", None),
        ("-5.00 EUR", None),
        ("1.29.9 EUR", None),
        ("12.99,00 EUR", None),
        ("free", None),
        ("", None),
        ("EUR", None),
        ("١٩", None),
        ("19.90 EUR 20.90 EUR", None),
        ("1e3", None),
        (f"1{' ' * 100_000}1", None),  # at once, too
    ],
)
def test_prices_are_read_as_shops_write_them(text, price):
    if price:
        assert parse_price(text, "TRY") == Price(*price)
    else:
        with pytest.raises(ValueError, match=r"price|currency|decimals"):
            parse_price(text, "TRY")
