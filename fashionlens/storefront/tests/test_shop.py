import pytest

from catalog.tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_a_filter_for_what_is_not_in_stock_does_not_call_it_sold_out(client):
    make_product(availability="preorder", stock=None)
    page = client.get("/?in_stock=false").text
    assert "Preorder" in page
    assert "Not in stock" in page
    assert "Sold out" not in page
