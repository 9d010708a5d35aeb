from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.filters import Filters
from catalog.listing import Listing
from catalog.models import Product
from catalog.parameters import ORDERINGS
from catalog.tasks import begin_and_end_sales
from catalog.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db

PAST, FUTURE = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)
CASES = [
    ({}, 3000),
    ({"sale_starts": PAST}, 3000),
    ({"sale_starts": PAST, "sale_ends": FUTURE}, 3000),
    ({"sale_starts": FUTURE}, 5000),
    ({"sale_ends": PAST}, 5000),
    ({"sale_starts": FUTURE, "sale_ends": PAST}, 5000),
    ({"sale_price_cents": None}, 5000),
    ({"sale_price_cents": 5000}, 5000),
    ({"sale_price_cents": 9000}, 5000),
    ({"sale_price_cents": 0}, 0),
]


def check(product: Product, cents: int) -> None:
    product.refresh_from_db()
    assert product.current_price_cents == product.effective_price_cents == cents
    assert product.is_reduced is (cents < 5000)


@pytest.mark.parametrize(("values", "cents"), CASES)
def test_the_price_of_now_is_right_however_it_was_stored(values, cents):
    values = {"sale_price_cents": 3000} | values
    check(make_product(price_cents=5000, **values), cents)
    plain = make_product(price_cents=5000)
    Product.objects.filter(pk=plain.pk).update(**values)
    check(plain, cents)
    saved = make_product(price_cents=5000)
    for name, value in values.items():
        setattr(saved, name, value)
    saved.save(update_fields=list(values))
    check(saved, cents)
    changed = make_product(price_cents=5000)
    for name, value in values.items():
        setattr(changed, name, value)
    Product.objects.bulk_update([changed], ["price_cents", *values])
    check(changed, cents)
    [made] = Product.objects.bulk_create(
        [
            Product(
                sku="b", slug="b", category=make_category(), price_cents=5000, **values
            )
        ]
    )
    check(made, cents)


def test_sales_begin_and_end_with_time(monkeypatch):
    monkeypatch.setattr("catalog.prices.sales.CHUNK", 2)
    sale = {"price_cents": 5000, "sale_price_cents": 3000}
    later = [make_product(**sale, sale_starts=FUTURE) for _ in range(3)]
    now = make_product(**sale, sale_ends=FUTURE)
    other = make_product(**sale)
    tomorrow = FUTURE + timedelta(minutes=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: tomorrow)
    assert begin_and_end_sales() == 4
    for product in later:
        check(product, 3000)
    check(now, 5000)
    updated = other.updated
    assert begin_and_end_sales() == 0
    other.refresh_from_db()
    assert other.updated == updated


def test_a_sale_that_plain_sql_stores_begins_with_the_next_run():
    product = make_product(price_cents=5000)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET sale_price_cents = 4000")
    begin_and_end_sales()
    check(product, 4000)


def test_filter_order_and_ranges_use_the_price_of_now():
    make_product(sku="reduced", price_cents=9000, sale_price_cents=2000)
    make_product(sku="cheap", price_cents=3000)
    make_product(sku="dear", price_cents=8000)
    rows = Listing(Filters()).in_order(ORDERINGS["price"])
    assert [p.sku for p in rows[:9]] == ["reduced", "cheap", "dear"]
    found = Listing(Filters(price_max_cents=2499))
    assert [p.sku for p in found.products] == ["reduced"]
    assert [(r.min_cents, r.count) for r in found.facets.prices if r.chosen] == [
        (None, 1)
    ]


def test_pages_and_api_show_both_prices(client: Client):
    product = make_product(sku="A", price_cents=5000, sale_price_cents=3000)
    plain = make_product(sku="B")
    for page in ("/", product.get_absolute_url()):
        html = client.get(page).text
        assert "30.00</ins>" in html and "50.00</del>" in html
    assert "<del>" not in client.get(plain.get_absolute_url()).text
    answer = client.get("/api/v1/products/A/").json()
    assert (answer["price"]["cents"], answer["regular_price"]["cents"]) == (3000, 5000)
    assert client.get("/api/v1/products/B/").json()["regular_price"] is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"sale_starts": FUTURE, "sale_ends": PAST}, "sale_ends"),
        ({"sale_starts": PAST, "sale_ends": PAST}, "sale_ends"),
        ({"sale_price_cents": 1990}, "sale_price_cents"),
        ({"sale_price_cents": -1}, "sale_price_cents"),
        ({"sale_price_cents": 2**31}, "sale_price_cents"),
        ({"price_cents": -1}, "price_cents"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "ftp://shop.example/a"}, "link"),
        ({"gender": "other words"}, "gender"),
    ],
)
def test_a_wrong_sale_or_attribute_is_an_error_at_its_field(values, field):
    product = make_product()
    for name, value in values.items():
        setattr(product, name, value)
    with pytest.raises(ValidationError) as error:
        product.full_clean()
    assert [*error.value.message_dict] == [field]
