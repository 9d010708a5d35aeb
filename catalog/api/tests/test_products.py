from urllib.parse import quote

import pytest

from catalog.api.tests.answers import field_errors
from catalog.models import Product
from catalog.photos.store import add_photo
from catalog.tests.factories import (
    make_category,
    make_photo_bytes,
    make_product,
    paint,
)

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/v1/products/"


def skus(response) -> list[str]:
    assert response.status_code == 200, response.json()
    return [product["sku"] for product in response.json()["results"]]


def test_lists_published_products_newest_first(client):
    make_product(sku="old")
    make_product(sku="draft", status="draft")
    make_product(sku="gone", status="archived")
    make_product(sku="new")
    assert skus(client.get(PRODUCTS)) == ["new", "old"]


def test_pages_without_repeating_or_skipping(client):
    made = [make_product().sku for _ in range(5)]
    seen = []
    url = f"{PRODUCTS}?page_size=2&ordering=price"
    while url:
        response = client.get(url)
        seen += skus(response)
        url = response.json()["next"]
    assert sorted(seen) == sorted(made)
    assert response.json()["count"] == 5
    assert "page=2" in response.json()["previous"]


@pytest.mark.parametrize("page", [1, 2, 10**30])
@pytest.mark.parametrize("words", ["", "&q=nothing"])
def test_beyond_the_last_page_is_an_empty_page(client, page, words):
    answer = client.get(f"{PRODUCTS}?page={page}{words}")
    assert (skus(answer), answer.json()["count"]) == ([], 0)
    assert answer.json()["next"] is None


@pytest.mark.parametrize("ordering", ["-created", "created", "price", "-price"])
def test_a_cursor_neither_repeats_nor_skips_while_the_shop_changes(client, ordering):
    made = [make_product(price_cents=n // 2).sku for n in range(6)]
    url = f"{PRODUCTS}?page_size=2&ordering={ordering}&cursor="
    seen = []
    while url:
        answer = client.get(url)
        seen += skus(answer)
        if len(seen) == 2:
            Product.objects.filter(sku=seen[0]).update(status="archived")
            make_product(sku="first", price_cents=0 if ordering == "price" else 99)
        url = answer.json()["next"]
    assert sorted(set(seen) - {"first"}) == sorted(made)
    assert len(seen) == len(set(seen))
    assert ("first" in seen) == (ordering == "created")


def test_a_cursor_continues_a_search_by_words(client):
    made = {make_product(title="Red dress").sku for _ in range(3)}
    first = client.get(f"{PRODUCTS}?q=red&ordering=price&page_size=2").json()
    rest = client.get(
        f"{PRODUCTS}?q=red&ordering=price&page_size=2&cursor={first['next_cursor']}"
    )
    assert {each["sku"] for each in first["results"]} | {*skus(rest)} == made
    assert rest.json()["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0x", "WyJhIiwiYiJd", "%00"])
def test_a_cursor_of_another_list_is_refused(client, cursor):
    assert field_errors(client.get(f"{PRODUCTS}?cursor={cursor}"))


def test_a_list_by_relevance_has_no_cursor(client):
    make_product(title="Red")
    assert client.get(f"{PRODUCTS}?q=red").json()["next_cursor"] is None
    answer = client.get(f"{PRODUCTS}?q=red&cursor=")
    assert field_errors(answer) == {"cursor": "conflict"}


@pytest.mark.parametrize(
    "query, expected",
    [
        ("category=hat", ["hat"]),
        ("category=hat&category=shoe", ["hat", "shoe"]),
        ("brand=acme", ["shoe"]),
        ("brand=ACME&brand=nordlys", ["hat", "shirt", "shoe"]),
        ("category=&brand=&colour=", ["hat", "shirt", "shoe"]),
        ("colour=red", ["hat"]),
        ("colour=red&colour=navy", ["hat", "shirt"]),
        ("q=red", ["hat", "shoe"]),
        ("q=boos", ["shoe"]),
        ("q=boots", ["shoe"]),
        ("q=boots -red", []),
        ("price_min=2000", ["shirt", "shoe"]),
        ("price_max=2000", ["hat", "shirt"]),
        ("price_min=2000&price_max=2000", ["shirt"]),
        ("in_stock=true", ["hat", "shoe"]),
        ("in_stock=false", ["shirt"]),
        ("sku=hat&sku=shirt&sku=unknown", ["hat", "shirt"]),
        ("category=hat&in_stock=false", []),
    ],
)
def test_filters(client, query, expected):
    hats, shoes = make_category("Hats", "hat"), make_category("Shoes", "shoe")
    hat = make_product(sku="hat", category=hats, price_cents=1000)
    shirt = make_product(sku="shirt", category=make_category(), price_cents=2000)
    Product.objects.filter(pk=shirt.pk).update(stock=0)
    for product, colour in ((hat, "red"), (shirt, "navy")):
        paint(product, colour)
    make_product(
        sku="shoe", category=shoes, price_cents=3000, brand="Acme", title="Red boots"
    )
    assert sorted(skus(client.get(f"{PRODUCTS}?{query}"))) == expected


def test_orders(client):
    make_product(sku="a", price_cents=2000, title="Boots", description="boots")
    make_product(sku="b", price_cents=1000, title="Rain boots and more besides")
    make_product(sku="c", price_cents=3000, title="Hat", description="goes with boots")
    assert skus(client.get(f"{PRODUCTS}?ordering=price")) == ["b", "a", "c"]
    assert skus(client.get(f"{PRODUCTS}?ordering=-price")) == ["c", "a", "b"]
    assert skus(client.get(f"{PRODUCTS}?ordering=created")) == ["a", "b", "c"]
    assert skus(client.get(f"{PRODUCTS}?ordering=created&q=boots")) == ["a", "b", "c"]
    assert skus(client.get(f"{PRODUCTS}?q=boots"))[0] == "a"
    relevance = client.get(f"{PRODUCTS}?q=boots&ordering=relevance")
    assert skus(relevance) == skus(client.get(f"{PRODUCTS}?q=boots"))


@pytest.mark.parametrize(
    "query, field, code",
    [
        ("shape=xl", "shape", "unknown_parameter"),
        ("colour=infrared", "colour", "unknown_colour"),
        ("brand=Nobody", "brand", "unknown_brand"),
        ("&".join(["brand=x"] * 101), "brand", "too_many"),
        ("facets=perhaps", "facets", "invalid"),
        ("page=0", "page", "min_value"),
        ("page=two", "page", "invalid"),
        ("page=1&page=2", "page", "multiple_values"),
        ("page_size=101", "page_size", "max_value"),
        ("category=boot", "category", "unknown_category"),
        ("category=%00", "category", "null_characters_not_allowed"),
        ("brand=%00", "brand", "null_characters_not_allowed"),
        ("q=", "q", "blank"),
        (f"q={'x' * 201}", "q", "max_length"),
        ("price_min=-1", "price_min", "min_value"),
        ("price_min=9.5", "price_min", "invalid"),
        ("price_max=99999999999", "price_max", "max_value"),
        (f"price_max={'9' * 5000}", "price_max", "max_string_length"),
        ("price_min=2&price_max=1", "price_min", "invalid_range"),
        ("in_stock=perhaps", "in_stock", "invalid"),
        ("ordering=colour", "ordering", "invalid_choice"),
        ("ordering=relevance", "ordering", "missing_parameter"),
        ("&".join(["sku=x"] * 101), "sku", "too_many"),
    ],
)
def test_invalid_parameters_are_refused(client, query, field, code):
    make_category()
    assert field_errors(client.get(f"{PRODUCTS}?{query}")) == {field: code}


def test_empty_parameters_are_ignored(client):
    make_product(sku="a")
    query = "category=&brand=&colour=&price_min=&price_max=&in_stock="
    assert skus(client.get(f"{PRODUCTS}?{query}")) == ["a"]


def test_a_refusal_names_what_is_allowed(client):
    make_category("Hats", "hat")
    response = client.get(f"{PRODUCTS}?categry=hat&ordering=cheap")
    detail = response.json()["detail"]
    assert "categry: There is no such parameter. Allowed: page, page_size" in detail
    assert '"cheap" is not allowed. Use one of: -created, created, price' in detail


def test_a_refusal_of_a_value_names_some_that_there_are(client):
    make_category("Hats", "hat")
    detail = client.get(f"{PRODUCTS}?category=hats").json()["detail"]
    assert "There is no category 'hats'. There are: hat." in detail


def test_a_refusal_stays_short(client):
    query = "&".join(f"x{number}={'y' * 100}" for number in range(200))
    assert len(client.get(f"{PRODUCTS}?{query}").content) < 16_000


def test_the_list_costs_the_same_queries_for_one_product_and_for_many(
    client, django_assert_num_queries
):
    make_product(photo=True)
    make_category("Hats", "hat")
    query = "?q=product&category=dress&category=hat&in_stock=true"
    client.get(PRODUCTS + query)  # the thumbnails are drawn
    # Categories, words (2), count, places, products, photos.
    with django_assert_num_queries(7):
        assert len(skus(client.get(PRODUCTS + query))) == 1
    for _ in range(4):
        add_photo(product=make_product(photo=True), data=make_photo_bytes("red"))
    client.get(PRODUCTS + query)
    with django_assert_num_queries(7):
        assert len(skus(client.get(PRODUCTS + query))) == 5


def test_facets_are_counted_when_asked_for(client, django_assert_num_queries):
    make_product(sku="a", brand="Acme", price_cents=1000)
    make_product(sku="b", category=make_category("Hats", "hat"), stock=0)
    make_product(sku="c", brand="Acme", price_cents=4000, stock=0)
    assert client.get(PRODUCTS).json()["facets"] is None
    asked = f"{PRODUCTS}?facets=true&category=dress"
    # Categories, count, products, photos; the products without and with the filter,
    # the counts of all facets, and the names of categories.
    with django_assert_num_queries(8):
        facets = client.get(asked).json()["facets"]
    value = {"value": "dress", "name": "Dresses", "count": 2, "chosen": True}
    assert value in facets["categories"]
    assert [each["value"] for each in facets["brands"]] == ["Acme"]
    assert facets["prices"] == [
        {"min_cents": None, "max_cents": 3999, "count": 1, "chosen": False},
        {"min_cents": 4000, "max_cents": None, "count": 1, "chosen": False},
    ]
    assert (facets["in_stock"], facets["at_least"]) == (1, False)
    assert facets["price_span"] == {"min_cents": 1000, "max_cents": 4000}
    narrowed = client.get(f"{asked}&price_max=2000").json()
    assert narrowed["facets"]["price_span"] == facets["price_span"]
    nothing = client.get(f"{asked}&brand=Acme&in_stock=true&price_min=2000").json()
    assert nothing["facets"]["price_span"] == {"min_cents": 1000, "max_cents": 1000}


def test_a_facet_query_finds_values_by_the_beginning_of_a_word(client):
    for number in range(45):
        make_product(brand=f"Brand {number:02}")
    for _ in range(2):
        make_product(brand="Élan Sport", category=make_category("Hats", "hat"))

    def brands(query: str) -> list[str]:
        answer = client.get(f"{PRODUCTS}?facets=true&facet_query={query}").json()
        return [each["value"] for each in answer["facets"]["brands"]]

    assert brands("brand:SPO") == brands("brand:elan") == ["Élan Sport"]
    assert brands("brand:44") == ["Brand 44"]
    assert brands("brand:port") == []
    assert len(brands("category:hat")) == 40
    answer = client.get(f"{PRODUCTS}?facet_query=category:ha").json()
    assert [each["name"] for each in answer["facets"]["categories"]] == ["Hats"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("facets=true&facet_query=brand", "invalid"),
        ("facets=true&facet_query=brand:", "invalid"),
        ("facets=true&facet_query=price:5", "invalid"),
        ("facets=true&facet_query=", "blank"),
    ],
)
def test_a_wrong_facet_query_is_refused(client, query, code):
    answer = client.get(f"{PRODUCTS}?{query}")
    assert field_errors(answer) == {"facet_query": code}


@pytest.mark.parametrize(
    "sku", ["KLEID/42", "B 1", "Ä1", "50%", "a?b#c", "A%2F1", "A/1/", "similar"]
)
def test_a_product_has_an_address_with_any_sku(client, sku):
    make_product(sku=sku)
    response = client.get(f"{PRODUCTS}{quote(sku, safe='')}/")
    assert response.json()["sku"] == sku


def test_only_what_can_be_sent_now_is_in_stock(client):
    make_product(sku="unknown", stock=None)
    make_product(sku="none", stock=0)
    for availability in ("out_of_stock", "preorder", "backorder"):
        make_product(sku=availability, availability=availability, stock=None)
    assert skus(client.get(f"{PRODUCTS}?in_stock=true")) == ["unknown"]
    assert len(skus(client.get(f"{PRODUCTS}?in_stock=false"))) == 4
    product = client.get(f"{PRODUCTS}unknown/").json()
    assert (product["stock"], product["in_stock"]) == (None, True)
    assert client.get(f"{PRODUCTS}preorder/").json()["availability"] == "preorder"


def test_facets_count_the_products_with_the_given_skus(client):
    for sku, brand in [("a", "Acme"), ("b", "Ostra"), ("c", "Ostra")]:
        make_product(sku=sku, brand=brand)
    answer = client.get(f"{PRODUCTS}?sku=a&sku=b&facets=true").json()
    brands = [(each["value"], each["count"]) for each in answer["facets"]["brands"]]
    assert brands == [("Acme", 1), ("Ostra", 1)]
    assert answer["facets"]["in_stock"] == answer["count"] == 2


def test_the_answer_names_the_words_that_were_searched_for(client):
    make_product(sku="a", title="Linen gown")
    answer = client.get(f"{PRODUCTS}?q=linnen").json()
    assert (answer["words"], answer["count"]) == ("linen", 1)
    assert client.get(PRODUCTS).json()["words"] is None


def test_a_product_has_all_its_photos_in_order(client, media):
    product = make_product(sku="D.1_a-b", photo=True, price_cents=123456)
    add_photo(product=product, data=make_photo_bytes("red"))
    product.images.filter(position=1).update(alt_text="Back")
    answer = client.get(f"{PRODUCTS}D.1_a-b/").json()
    assert answer["price"] == {
        "cents": 123456,
        "currency": "EUR",
        "display": "1,234.56 EUR",
    }
    assert answer["url"] == f"http://testserver/products/{product.slug}/"
    assert [photo["alt_text"] for photo in answer["photos"]] == [product.title, "Back"]
    first = answer["photos"][0]
    assert (first["width"], first["height"]) == (90, 120)
    for url in [first["url"], *first["thumbnails"].values()]:
        assert url.startswith("http://testserver/media/")
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_an_unpublished_product_is_not_found(client, status):
    make_product(sku="hidden", status=status)
    response = client.get(f"{PRODUCTS}hidden/")
    assert response.status_code == 404
    assert response.json()["code"] == "product_not_found"


@pytest.mark.parametrize("sku", ["none", "x" * 65, "%00", "a%2Fb", "..", "é"])
def test_an_unknown_product_is_not_found(client, sku):
    response = client.get(f"{PRODUCTS}{sku}/")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


def test_answers_may_be_cached_and_errors_may_not(client):
    assert client.get(PRODUCTS).headers["Cache-Control"] == "public, max-age=60"
    assert client.get(f"{PRODUCTS}?x=1").headers["Cache-Control"] == "no-store"
