"""Prices as people write them."""

import pytest

from catalog.money import amount
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
