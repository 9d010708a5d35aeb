from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Category, Product
from catalog.tests.factories import make_category, make_product
from fashionlens.keys.models import make_key

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


def test_categories_are_created_renamed_and_deleted_when_empty(client):
    token = make_key(name="erp", kind="secret", scopes=["catalogue"])[1]
    headers = {"Authorization": f"Bearer {token}"}
    url, kind = "/api/v1/categories/hats/", "application/json"

    def put(name: str) -> int:
        return client.put(url, {"name": name}, kind, headers=headers).status_code

    assert (put("Hat"), put("Hats"), put("x" * 81), put("")) == (201, 200, 400, 400)
    assert Category.objects.get().name == "Hats"
    make_product(category=Category.objects.get(), sku="hat")
    used = client.delete(url, headers=headers)
    assert (used.status_code, used.json()["code"]) == (409, "category_in_use")
    Product.objects.all().delete()
    assert client.delete(url, headers=headers).status_code == 204
    gone = client.delete(url, headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (404, "category_not_found")
    assert client.put(url, {"name": "x"}, kind).json()["code"] == "key_required"


def test_a_slug_that_is_too_long_is_no_address(client):
    token = make_key(name="erp", kind="secret", scopes=["catalogue"])[1]
    headers = {"Authorization": f"Bearer {token}"}
    for length, status in ((80, 201), (81, 404)):
        url = f"/api/v1/categories/{'x' * length}/"
        answer = client.put(url, {"name": "x"}, "application/json", headers=headers)
        assert answer.status_code == status


@pytest.mark.django_db(transaction=True)
def test_one_of_two_writers_at_once_creates_the_category():
    token = make_key(name="erp", kind="secret", scopes=["catalogue"])[1]
    client = Client(headers={"Authorization": f"Bearer {token}"})
    ready = Barrier(2)

    def put(name: str) -> int:
        try:
            ready.wait(10)
            url = "/api/v1/categories/hats/"
            return client.put(url, {"name": name}, "application/json").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(put, ["Hats", "Caps"])) == [200, 201]
