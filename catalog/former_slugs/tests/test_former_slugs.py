"""Old addresses of renamed products and categories lead to the new ones."""

import pytest

from catalog.former_slugs.models import FormerSlug
from catalog.models import Product
from catalog.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db


def _rename(instance, slug):
    instance.slug = slug
    instance.save()
    return instance


def test_a_renamed_product_is_found_at_its_old_address(client):
    _rename(make_product(slug="old"), "new")
    response = client.get("/products/old/?q=x&p=1")
    assert response.status_code == 301
    assert response.headers["Location"] == "/products/new/"


def test_every_former_address_leads_to_the_last(client):
    product = _rename(make_product(slug="first"), "second")
    _rename(product, "third")
    for slug in ("first", "second"):
        assert (
            client.get(f"/products/{slug}/").headers["Location"] == "/products/third/"
        )


def test_a_product_that_takes_its_old_slug_back_is_shown_there(client):
    product = _rename(make_product(slug="first"), "second")
    _rename(product, "first")
    assert client.get("/products/first/").status_code == 200
    assert client.get("/products/second/").headers["Location"] == "/products/first/"


def test_an_old_slug_that_another_product_takes_shows_that_one(client):
    _rename(make_product(slug="shoe"), "shoe-2025")
    other = make_product(slug="shoe", title="Other shoe")
    assert "Other shoe" in client.get("/products/shoe/").text
    _rename(other, "shoe-2026")
    assert client.get("/products/shoe/").headers["Location"] == "/products/shoe-2026/"


def test_an_old_address_of_a_hidden_product_is_not_found(client):
    product = _rename(make_product(slug="old"), "new")
    product.status = Product.Status.ARCHIVED
    product.save()
    assert client.get("/products/old/").status_code == 404


def test_a_save_that_changes_no_slug_keeps_nothing():
    product = make_product(slug="one")
    product.title = "Another title"
    product.save()
    assert not FormerSlug.objects.exists()


def test_a_renamed_category_is_found_at_its_old_address(client):
    make_product(category=_rename(make_category("Shoes", slug="shoe"), "shoes"))
    response = client.get("/?category=shoe&sort=price_up")
    assert response.status_code == 301
    assert response.headers["Location"] == "/?category=shoes&sort=price_up"


def test_a_category_that_never_was_is_not_found(client):
    assert client.get("/?category=nothing").status_code == 404
