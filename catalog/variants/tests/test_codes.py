"""Products are found by the codes of their sizes."""

import pytest

from catalog.filters import Filters
from catalog.listing import Listing
from catalog.models import Product
from catalog.product_words.sweep import refresh_pending
from catalog.tests.factories import make_product
from catalog.variants.models import Variant

pytestmark = pytest.mark.django_db


def found(words: str) -> list[str]:
    refresh_pending()
    return [product.sku for product in Listing(Filters(), words).products]


@pytest.fixture
def coat() -> Product:
    coat = make_product(sku="COAT")
    Variant.objects.bulk_create(
        Variant(product=coat, sku=f"KLEID/{size}", gtin=gtin)
        for size, gtin in ((42, "4006381333931"), (44, ""))
    )
    make_product(sku="HAT")
    return coat


@pytest.mark.parametrize("words", ["KLEID/42", "kleid/44", "4006381333931", "COAT"])
def test_a_product_is_found_by_each_of_its_codes(coat, words):
    assert found(words) == ["COAT"]


def test_changed_codes_are_found_within_the_next_sweep(coat):
    assert found("NEW-1") == []
    size = coat.variants.get(sku="KLEID/42")
    size.sku = "NEW-1"
    size.save()
    assert (found("NEW-1"), found("KLEID/42")) == (["COAT"], [])
    coat.variants.filter(sku="NEW-1").update(sku="NEW-2")
    assert (found("NEW-2"), found("NEW-1")) == (["COAT"], [])
    coat.variants.filter(sku="NEW-2").update(product=Product.objects.get(sku="HAT"))
    assert found("NEW-2") == ["HAT"]
    Variant.objects.get(sku="NEW-2").delete()
    coat.variants.filter(sku="KLEID/44").delete()
    assert (found("NEW-2"), found("KLEID/44")) == ([], [])


def test_a_changed_quantity_leaves_the_words(coat):
    assert refresh_pending()
    coat.variants.update(quantity=3)
    size = coat.variants.first()
    size.quantity = 5
    size.save()
    assert refresh_pending() == 0
