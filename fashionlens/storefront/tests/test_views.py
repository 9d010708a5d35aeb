import re
from urllib.parse import urlencode

import pytest

from catalog.models import Product
from catalog.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db

# Categories, count, products, photos.
HOME_QUERIES = 4


def titles(response) -> list[str]:
    return [product.title for product in response.context["page"]]


def test_front_page_shows_published_products_newest_first(client):
    make_product(title="Linen dress")
    make_product(title="Wool coat")
    make_product(title="Unfinished", status=Product.Status.DRAFT)
    response = client.get("/")
    assert titles(response) == ["Wool coat", "Linen dress"]
    assert "2 products" in response.text
    assert "Unfinished" not in response.text


@pytest.mark.parametrize("products", [1, 24])
def test_front_page_asks_the_same_queries_however_many(
    client, django_assert_num_queries, products
):
    for _ in range(products):
        make_product(photo=True)
    client.get("/?q=product")  # synonyms are kept
    with django_assert_num_queries(HOME_QUERIES):
        client.get("/")
    client.get("/?q=product")  # what words look like is kept
    # Which words the shop knows, whether they find any, and the places of these.
    with django_assert_num_queries(HOME_QUERIES + 3):
        client.get("/?q=product")


def test_lists_have_pages_with_real_links(client):
    for _ in range(49):
        make_product()
    first = client.get("/")
    assert 'href="/?page=2"' in first.text
    assert 'rel="prev"' not in first.text
    second = client.get("/?page=2&sort=price_up")
    assert 'href="/?sort=price_up"' in second.text
    assert 'href="/?sort=price_up&amp;page=3"' in second.text
    third = client.get("/?page=3")
    assert len(titles(third)) == 1
    pages = (first, client.get("/?page=2"), third)
    assert len({title for page in pages for title in titles(page)}) == 49


def test_a_category_narrows_the_list(client):
    make_product(title="A hat", category=make_category("Hats", "hat"))
    make_product(title="A dress")
    response = client.get("/?category=hat")
    assert titles(response) == ["A hat"]
    assert re.search(r'href="/\?category=hat"\s+aria-current="page"', response.text)


@pytest.mark.parametrize("q", ["-", "%20-%20-%20", "%01"])
def test_a_query_without_words_lists_everything(client, q):
    make_product(title="A hat")
    response = client.get(f"/?q={q}")
    assert titles(response) == ["A hat"]
    assert "“”" not in response.text
    assert response.context["is_whole_shop"]


def test_a_corrected_typing_error_is_reported_on_the_page(client):
    make_product(title="Linen dress")
    response = client.get("/?q=linnen+drss")
    assert titles(response) == ["Linen dress"]
    assert (
        "No product has the words “linnen drss”. Showing results for “linen dress”."
        in response.text
    )
    assert 'href="/?q=%22linnen+drss%22"' in response.text
    assert "Showing results" not in client.get('/?q="linnen drss"').text
    assert "No product has" not in client.get("/?q=linen").text


@pytest.mark.parametrize("products", [1, 24])
def test_filters_ask_the_same_queries_however_many(
    client, django_assert_num_queries, products
):
    for _ in range(products):
        make_product(photo=True)
    asked = "/?q=product&category=dress&brand=Nordlys&in_stock=true&price=-9999"
    client.get(asked)
    # How the brand is written, which words the shop knows, whether they find any, the
    # places of what they find, the categories and brands there are, and the chosen
    # category.
    with django_assert_num_queries(HOME_QUERIES + 7):
        client.get(asked)


def test_words_find_products_best_match_first(client):
    make_product(title="Plain shirt", description="Goes with navy trousers")
    make_product(title="Navy shirt", brand="Navy")
    make_product(title="Red shirt")
    response = client.get("/?q=navy")
    assert titles(response) == ["Navy shirt", "Plain shirt"]
    assert "Best match" in response.text
    assert titles(client.get("/?q=navy&sort=newest")) == ["Navy shirt", "Plain shirt"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("price_up", ["cheap", "middle", "dear"]),
        ("price_down", ["dear", "middle", "cheap"]),
        ("newest", ["middle", "dear", "cheap"]),
        ("relevance", ["middle", "dear", "cheap"]),
    ],
)
def test_sorting(client, sort, order):
    make_product(title="cheap", price_cents=100)
    make_product(title="dear", price_cents=900)
    make_product(title="middle", price_cents=500)
    assert titles(client.get(f"/?sort={sort}")) == order


def test_an_empty_list_offers_a_way_back(client):
    make_product()
    response = client.get("/?q=zeppelin")
    assert response.status_code == 200
    assert "Nothing matches “zeppelin”." in response.text
    assert "See everything" in response.text
    assert "The shop is empty for now." not in response.text


def test_an_empty_shop_says_so(client):
    assert "The shop is empty for now." in client.get("/").text


@pytest.mark.parametrize(
    ("wish", "status", "words"),
    [
        ({"page": "abc"}, 404, "does not have this page"),
        ({"page": "9999"}, 404, "does not have this page"),
        ({"page": "0"}, 404, "does not have this page"),
        ({"page": "-1"}, 404, "does not have this page"),
        ({"page": "9" * 5000}, 404, "does not have this page"),
        ({"page": ""}, 404, "does not have this page"),
        ({"category": "spaceships"}, 404, "There is no category"),
        ({"brand": "Nobody"}, 404, "There is no brand"),
        ({"colour": "infrared"}, 404, "There are: black, white"),
        ({"brand": "\0"}, 400, "Null characters"),
        ({"price": "1-x"}, 400, "A price range is two numbers"),
        ({"price": "9-1"}, 400, "is above the highest"),
        ({"price": "9999999999-"}, 400, "A price is"),
        ({"category": "dress\0"}, 400, "Null characters"),
        ({"category": "x" * 81}, 400, "at most 80"),
        ({"in_stock": "\0"}, 400, "true or false"),
        ({"in_stock": "maybe"}, 400, "true or false"),
        ({"sort": "colour"}, 400, "cannot be sorted like that"),
        ({"q": "\0"}, 400, "Null characters"),
        ({"q": "x" * 201}, 400, "at most 200 characters; these are 201"),
        ({"q": "x" * 10_000}, 400, "at most 200 characters"),
        ({"q": "'; DROP TABLE catalog_product; --"}, 200, "Nothing"),
        ({"q": "İIŞĞ çay \u0131"}, 200, "Nothing"),
        ({"q": "& | ! <-> :* \\ ' \""}, 200, "Nothing"),
        ({"q": "the"}, 200, "Nothing"),
        ({"q": "<script>alert(1)</script>"}, 200, "&lt;script&gt;"),
        ({"q": "🧥 \u202e\ud7ff"}, 200, "Nothing"),
        ({"utm_source": "mail"}, 200, "1 product"),
    ],
)
def test_invalid_parameters_get_an_error_page(client, wish, status, words):
    make_product()
    response = client.get("/?" + urlencode(wish))
    assert response.status_code == status
    assert words in response.text
    assert 'href="/"' in response.text


def test_invalid_utf_8_is_searched_like_text(client):
    assert client.get("/?q=%ff%fe").status_code == 200
    assert client.get("/?category=%c3%28").status_code == 404


def test_only_reading_is_allowed(client):
    assert client.post("/").status_code == 405
    assert client.head("/").status_code == 200


def test_best_match_is_offered_only_with_words(client):
    response = client.get("/?sort=relevance")
    assert response.context["sort"] == "newest"
    assert "relevance" not in dict(response.context["sorts"])
    response = client.get("/?q=dress")
    assert response.context["sort"] == "relevance"
    assert "relevance" in dict(response.context["sorts"])
