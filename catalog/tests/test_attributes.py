"""Attributes and sizes as filters, facets and words."""

import pytest
from django.db import connection

from catalog.api.tests.answers import field_errors
from catalog.facet_counts import FacetCounts
from catalog.filters import Filters
from catalog.listing import Listing
from catalog.models import Product
from catalog.tests.factories import make_product
from catalog.variants.models import Variant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop():
    coat = make_product(
        **{"sku": "coat", "title": "Coat", "colour": "Petrol", "material": "Wool"},
        **{"pattern": "Checked", "gender": "female", "age_group": "adult"},
    )
    romper = make_product(
        **{"sku": "romper", "title": "Romper", "material": "Cotton"},
        **{"gender": "unisex", "age_group": "infant"},
    )
    make_product(sku="plain", title="Plain")
    for product, sizes in ((coat, {"S": 1, "M": 0}), (romper, {"S": None, "L": 2})):
        product.variants.all().delete()
        Variant.objects.bulk_create(
            Variant(product=product, sku=f"{product.sku}{s}", size=s, quantity=n)
            for s, n in sizes.items()
        )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("size=S", ["coat", "romper"]),
        ("size=L", ["romper"]),
        ("size=S&size=L&material=Wool", ["coat"]),
        ("gender=female", ["coat"]),
        ("gender=female&gender=unisex&age_group=infant", ["romper"]),
        ("pattern=Checked", ["coat"]),
        ("material=Wool&material=Cotton", ["coat", "romper"]),
        ("size=&material=&gender=", ["coat", "plain", "romper"]),
        ("gender=male", []),
    ],
)
def test_lists_are_filtered_by_attributes_and_by_sizes_that_can_be_had(
    client, query, expected
):
    answer = client.get(f"/api/v1/products/?{query}").json()
    assert sorted(product["sku"] for product in answer["results"]) == expected
    page = client.get(f"/?{query}").text
    titles = {"coat": ">Coat<", "romper": ">Romper<", "plain": ">Plain<"}
    assert [sku for sku, title in sorted(titles.items()) if title in page] == expected


@pytest.mark.parametrize(
    ("query", "name"),
    [("size=M", "size"), ("material=Silk", "material"), ("gender=women", "gender")],
)
def test_a_value_that_no_product_has_is_an_error_that_names_some(client, query, name):
    answer = client.get(f"/api/v1/products/?{query}")
    assert field_errors(answer) == {name: f"unknown_{name}"}
    assert "There are: " in answer.text


def test_facets_count_products_by_attribute_and_size():
    counts = Listing(Filters()).facets
    assert named(counts, "sizes") == {"S": 2, "L": 1}
    assert named(counts, "genders") == {"Women": 1, "Unisex": 1}
    assert named(counts, "age_groups") == {"Adult": 1, "Infant": 1}
    assert named(counts, "materials") == {"Wool": 1, "Cotton": 1}
    assert named(counts, "patterns") == {"Checked": 1}
    chosen = Listing(Filters(sizes=("L",))).facets
    assert named(chosen, "sizes") == {"S": 2, "L": 1}
    assert named(chosen, "materials") == {"Cotton": 1}


def named(counts: FacetCounts, facet: str) -> dict[str, int]:
    return {each.name: each.count for each in getattr(counts, facet)}


def test_pages_offer_what_the_shop_has_and_no_empty_facet(client):
    page = client.get("/filters/").text
    assert 'name="size"' in page and "<legend>Material" in page
    assert "Women" in client.get("/?gender=female").text
    Product.objects.filter(sku="coat").update(pattern="")
    assert "<legend>Pattern" not in client.get("/filters/").text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("petrol", ["coat"]),
        ("wool", ["coat"]),
        ("checked women", ["coat"]),
        ("baby cotton", ["romper"]),
        ("petrol romper", []),
    ],
)
def test_products_are_found_by_words_for_their_attributes(words, expected):
    found = Listing(Filters(), words).products
    assert [product.sku for product in found] == expected


def test_a_changed_attribute_is_found_at_once():
    Product.objects.filter(sku="plain").update(material="Hemp")
    assert [p.sku for p in Listing(Filters(), "hemp").products] == ["plain"]
    product = Product.objects.get(sku="plain")
    product.colour = "Ochre"
    product.save(update_fields=["colour"])
    assert [p.sku for p in Listing(Filters(), "ochre").products] == ["plain"]


@pytest.mark.parametrize("name", ["material", "pattern"])
def test_an_index_serves_a_rare_attribute(name):
    products = Product.objects.published().filter(**{f"{name}__in": ["Silk"]})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert f"product_{name}s" in products.order_by().explain()
