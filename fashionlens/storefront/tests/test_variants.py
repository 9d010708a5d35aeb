"""Sizes and other colours on the page of a product and in the API."""

import json
import re

import pytest

from catalog.tests.factories import make_product
from catalog.variants.models import Variant

pytestmark = pytest.mark.django_db


def add_sizes(product, **states):
    product.variants.all().delete()
    Variant.objects.bulk_create(
        Variant(
            **{"product": product, "sku": f"{product.sku}-{size}", "size": size},
            position=position,
            **values,
        )
        for position, (size, values) in enumerate(states.items())
    )


def chips(html: str) -> list[str]:
    part = html.partition('<ul class="sizes"')[2].partition("</ul>")[0]
    items = re.findall(r"<li.*?</li>", part, re.S)
    return [" ".join(re.sub(r"<[^>]*>", " ", each).split()) for each in items]


def test_the_page_shows_each_size_and_how_it_can_be_had(client):
    product = make_product(price_cents=5000)
    add_sizes(
        product,
        S={"quantity": 0},
        M={"quantity": 1},
        L={"quantity": None},
        XL={"availability": "preorder", "price_cents": 5500},
        XXL={"quantity": 3},
    )
    assert chips(client.get(product.get_absolute_url()).text) == [
        "S Sold out",
        "M Last one",
        "L",
        "XL €55.00 Preorder",
        "XXL Last 3",
    ]


def test_sizes_that_came_later_are_in_their_place(client):
    product = make_product()
    add_sizes(product, L={}, M={}, **{"42": {}, "8": {}}, S={})
    found = chips(client.get(product.get_absolute_url()).text)
    assert [chip.split()[0] for chip in found] == ["S", "M", "L", "8", "42"]


def test_a_product_without_sizes_shows_none(client):
    html = client.get(make_product().get_absolute_url()).text
    assert 'class="sizes"' not in html and "Also in" not in html


def test_the_page_leads_to_the_other_colours_that_are_in_the_shop(client):
    red = make_product(group="coat", colour="Cherry red", photo=True)
    blue = make_product(group="coat", colour="Navy", photo=True)
    make_product(group="coat", colour="Green", status="draft")
    make_product(group="gown", colour="Pink")
    html = client.get(red.get_absolute_url()).text
    part = html.partition('<ul class="other-colours"')[2].partition("</ul>")[0]
    assert re.findall('href="([^"]*)"', part) == [blue.get_absolute_url()]
    assert "Navy" in part and "<img" in part


def test_the_page_shows_attributes_and_where_to_buy(client):
    product = make_product(
        **{"colour": "Off-white", "material": "Linen", "pattern": "Striped"},
        **{"gender": "female", "age_group": "adult"},
        link="https://www.seller.example/p?a=1&b=2",
    )
    html = client.get(product.get_absolute_url()).text
    for text in ("Off-white", "Linen", "Striped", "Women, Adult", "seller.example<"):
        assert text in html
    assert 'href="https://www.seller.example/p?a=1&amp;b=2"' in html
    data = json.loads(html.partition('ld+json">')[2].partition("</script>")[0])
    assert (data["color"], data["material"]) == ("Off-white", "Linen")


def structured_data(client, product) -> dict:
    html = client.get(product.get_absolute_url()).text
    return json.loads(html.partition('ld+json">')[2].partition("</script>")[0])


def test_search_engines_learn_each_size_with_its_price(client):
    product = make_product(sku="A", title="Coat", price_cents=5000)
    add_sizes(product, S={"quantity": 0}, M={"price_cents": 5500}, L={})
    data = structured_data(client, product)
    assert (data["@type"], data["productGroupID"]) == ("ProductGroup", "A")
    assert "offers" not in data and data["variesBy"] == ["https://schema.org/size"]
    assert [
        (
            each["sku"],
            each["size"],
            each["name"],
            each["offers"]["price"],
            each["offers"]["availability"].rpartition("/")[2],
        )
        for each in data["hasVariant"]
    ] == [
        ("A-S", "S", "Coat, S", "50.00", "OutOfStock"),
        ("A-M", "M", "Coat, M", "55.00", "InStock"),
        ("A-L", "L", "Coat, L", "50.00", "InStock"),
    ]


def test_search_engines_learn_no_price_of_what_has_one_on_request(client):
    offer = structured_data(client, make_product(price_cents=0))["offers"]
    assert "price" not in offer and "priceCurrency" not in offer


@pytest.mark.parametrize(
    ("own", "cents"),
    [
        ({}, 3000),
        ({"price_cents": 5500}, 5500),
        ({"price_cents": 5500, "sale_price_cents": 3500}, 3500),
        ({"sale_price_cents": 3500}, 3500),
        ({"price_cents": 2000, "sale_price_cents": 3500}, 2000),
    ],
)
def test_a_size_has_its_own_price_or_that_of_its_product(client, own, cents):
    product = make_product(sku="A", price_cents=5000, sale_price_cents=3000)
    add_sizes(product, S=own)
    [size] = client.get("/api/v1/products/A/").json()["variants"]
    assert size["price"]["cents"] == cents


def test_the_api_has_attributes_and_sizes(client):
    product = make_product(sku="A", group="coat", colour="Navy", gender="unisex")
    add_sizes(product, S={"quantity": 0}, M={"quantity": 4, "gtin": "4006381333931"})
    [listed] = client.get("/api/v1/products/").json()["results"]
    assert (listed["group"], listed["colour"], listed["sizes"]) == (
        "coat",
        "Navy",
        ["M"],
    )
    small, medium = client.get("/api/v1/products/A/").json()["variants"]
    assert (small["in_stock"], medium["in_stock"]) == (False, True)
    assert medium == {
        **{"sku": "A-M", "size": "M", "gtin": "4006381333931", "stock": None},
        **{"availability": "in_stock", "in_stock": True},
        "price": {"cents": 1990, "currency": "EUR", "display": "19.90 EUR"},
    }
