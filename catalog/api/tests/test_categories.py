import pytest

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
