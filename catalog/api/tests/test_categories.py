import pytest
from django.db import connection

from catalog.models import Category
from catalog.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db


def test_categories_count_published_products_only(client, django_assert_num_queries):
    hats = make_category("Hats", "hat")
    make_category("Empty", "empty")
    make_product(category=hats)
    make_product(category=hats)
    make_product(category=hats, status="draft")
    with django_assert_num_queries(2):
        answer = client.get("/api/v1/categories/").json()
    assert answer["results"] == [
        {"slug": "empty", "name": "Empty", "product_count": 0},
        {"slug": "hat", "name": "Hats", "product_count": 2},
    ]
    assert client.get("/api/v1/categories/?page_size=1").json()["next"]


def test_products_are_counted_in_an_index():
    make_product()
    with connection.cursor() as cursor:
        # What Postgres chooses depends on the size of the shop.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = Category.objects.with_product_counts().explain()
    assert "Index Only Scan using product_category" in plan
