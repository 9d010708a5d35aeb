"""What a product's page offers: to buy, to ask, to mark; what was viewed before."""

import re
from html import unescape

import pytest

from catalog.tests.factories import make_product
from catalog.variants.models import Variant
from fashionlens.identity.models import Shop

pytestmark = pytest.mark.django_db
LINK = "https://www.coats.example/c/1"
BUY = re.compile(
    r'class="(button[^"]*)"\s+href="https://www.coats.example/c/1"[^>]*>([^<]+)<'
)


def page(client, **fields) -> str:
    return unescape(client.get(make_product(**fields).get_absolute_url()).text)


@pytest.fixture
def email():
    Shop.objects.create(email="ask@coats.example")


def test_a_product_is_bought_at_the_shop_by_its_name(client):
    assert BUY.search(page(client, link=LINK)).groups() == (
        "button",
        "Buy at coats.example",
    )
    Shop.objects.create(name="Coats & Co")
    assert BUY.search(page(client, link=LINK))[2] == "Buy at Coats & Co"


@pytest.mark.parametrize(
    ("fields", "asks", "buys"),
    [
        ({}, True, False),
        ({"link": LINK}, False, True),
        ({"link": LINK, "stock": 0}, True, True),
        ({"price_cents": 0}, True, False),
    ],
)
def test_what_cannot_be_bought_can_be_asked_for(client, email, fields, asks, buys):
    text = page(client, **fields)
    assert ("Ask for it" in text) is asks
    assert bool(BUY.search(text)) is buys


def test_nobody_is_asked_without_an_address(client):
    assert "Ask for it" not in page(client)


def test_the_message_names_the_product(client, email):
    text = page(client, title="Coat & hat, 100 % wool", sku="C+1", slug="coat")
    address = re.search(r'href="(mailto:[^"]+)"', text)[1]
    assert address == (
        "mailto:ask@coats.example?subject=Coat%20%26%20hat%2C%20100%20%25%20wool%20%28C%2B1%29"
        "&body=http%3A%2F%2Ftestserver%2Fproducts%2Fcoat%2F%0A%0A"
    )


def test_a_product_sold_out_in_all_sizes_says_so(client, email):
    product = make_product(link=LINK)
    product.variants.all().delete()
    Variant.objects.bulk_create(
        Variant(
            product=product,
            sku=f"V-{size}",
            size=size,
            quantity=0,
            availability="out_of_stock",
        )
        for size in "SML"
    )
    text = client.get(product.get_absolute_url()).text
    assert len(re.findall(r"<s>[SML]</s>", text)) == 3
    assert "Sold out" in text and "Ask for it" in text
    assert BUY.search(text).groups() == ("button quiet", "See it at coats.example")


def test_a_product_without_a_price_says_so(client):
    product = make_product(price_cents=0)
    for address in ("/", product.get_absolute_url()):
        text = client.get(address).text
        assert "Price on request" in text
        assert "0.00" not in text.partition("<main")[2]


def test_favourites_are_shown_in_the_order_they_are_kept(client):
    one, two = make_product(title="One"), make_product(title="Two")
    gone = make_product(title="Gone", status="draft")
    skus = [two.sku, gone.sku, "none", one.sku, two.sku]
    for headers in ({}, {"HX-Request": "true"}):
        text = client.get("/favourites/", {"sku": skus}, headers=headers).text
        assert ("<html" in text) is not bool(headers)
        assert re.findall(r">(One|Two|Gone)</a>", text) == [
            "Two",
            "One",
        ]
        assert "2 of your favourites are no longer in the shop." in text


def test_the_page_of_favourites_is_the_same_for_everybody(client):
    answer = client.get("/favourites/")
    assert "public" in answer.headers["Cache-Control"] and not answer.cookies
    assert "no favourites yet" in answer.text


def test_favourites_take_few_queries(client, django_assert_max_num_queries):
    skus = [make_product(photo=n < 2).sku for n in range(5)]
    with django_assert_max_num_queries(4):
        client.get("/favourites/", {"sku": skus * 200})


def test_viewed_products_are_shown_the_last_first(client):
    products = [make_product(title=f"Number {n}") for n in range(3)]
    for product in products:
        text = client.get(f"{product.get_absolute_url()}more/").text
    shown = text.partition('id="viewed-title"')[2].partition("</section>")[0]
    assert re.findall(r"Number \d", shown) == ["Number 1", "Number 0"]
    assert "Forget these" in shown
