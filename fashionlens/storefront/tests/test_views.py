import json
import re
from itertools import pairwise
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.db import OperationalError, connection
from django.template.loader import render_to_string

from catalog.models import Product
from catalog.photos.store import add_photo
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from fashionlens.storefront.templatetags.shop import price, stock_note
from fashionlens.storefront.tests.outline import outline

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
    with django_assert_num_queries(HOME_QUERIES):
        client.get("/")
    with django_assert_num_queries(HOME_QUERIES + 1):  # whether the words find any
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


def narrowed(client, query: str) -> list[str]:
    response = client.get(f"/?{query}")
    assert response.status_code == 200, response.text
    return sorted(titles(response))


@pytest.fixture
def shelf(db) -> None:
    """Two red hats, a navy one without stock, a dear red dress."""
    hats = make_category("Hats", "hat")
    for title, brand, cents in [("Cap", "Acme", 900), ("Beret", "Ostra", 3000)]:
        hat = make_product(title=title, brand=brand, price_cents=cents, category=hats)
        hat.images.create(sha256="0", width=3, height=4, file="x", colours=["red"])
    none_left = make_product(title="Boater", brand="Acme", stock=0, category=hats)
    none_left.images.create(sha256="0", width=3, height=4, file="x", colours=["navy"])
    gown = make_product(title="Gown", brand="Ostra", price_cents=20_000)
    gown.images.create(sha256="0", width=3, height=4, file="x", colours=["red", "pink"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=hat", ["Beret", "Boater", "Cap"]),
        ("category=hat&category=dress", ["Beret", "Boater", "Cap", "Gown"]),
        ("brand=Acme", ["Boater", "Cap"]),
        ("brand=Acme&brand=Ostra&category=dress", ["Gown"]),
        ("brand=aCME", ["Boater", "Cap"]),
        ("colour=red", ["Beret", "Cap", "Gown"]),
        ("colour=navy&colour=pink", ["Boater", "Gown"]),
        ("price=-2499", ["Boater", "Cap"]),
        ("price=2500-4999", ["Beret"]),
        ("in_stock=true&category=hat", ["Beret", "Cap"]),
        ("in_stock=false", ["Boater"]),
        ("in_stock=&category=&brand=&price=", ["Beret", "Boater", "Cap", "Gown"]),
        ("q=red&category=hat&in_stock=true", ["Beret", "Cap"]),
        ("q=red+hat&price=-1000", ["Cap"]),
        ("q=hat&colour=pink", []),
    ],
)
def test_filters_narrow_the_list_together_with_words(client, shelf, query, expected):
    assert narrowed(client, query) == expected


def test_a_brand_in_any_case_is_chosen_and_can_be_taken_away(client, shelf):
    response = client.get("/?brand=acme&brand=OSTRA&sort=newest")
    brands = response.context["listing"].facets.brands
    assert {brand.value: brand.chosen for brand in brands} == {
        "Acme": True,
        "Ostra": True,
    }
    chips = response.text.split("Chosen filters")[1].split("</nav>")[0]
    links = [tag.get("href") for tag in outline(chips) if tag.name == "a"]
    pairs = [parse_qsl(urlsplit(link).query) for link in links]
    assert [("brand", "OSTRA"), ("sort", "newest")] in pairs
    assert [("brand", "acme"), ("sort", "newest")] in pairs
    assert len(pairs) == 3


@pytest.mark.parametrize("typed", ["çelik ipek", "ÇELİK İPEK", "Çel\u0131k IPEK"])
def test_a_turkish_brand_is_chosen_in_any_case(client, db, typed):
    make_product(title="Scarf", brand="Çelik İpek")
    make_product(title="Coat", brand="Çelik")
    assert narrowed(client, urlencode({"brand": typed})) == ["Scarf"]


def offered(client, query: str) -> dict[str, dict[str, int]]:
    facets = client.get(f"/?{query}").context["listing"].facets
    values = {"category": facets.categories, "brand": facets.brands}
    values |= {"colour": facets.colours, "price": facets.prices}
    return {n: {each.value: each.count for each in them} for n, them in values.items()}


@pytest.mark.parametrize("kept", ["", "q=red", "category=hat", "brand=Acme&q=hat"])
def test_the_number_beside_a_value_is_what_choosing_it_finds(client, shelf, kept):
    for name, values in offered(client, kept).items():
        chosen = {one for one in kept.split("&") if one.startswith(name)}
        others = "&".join(set(kept.split("&")) - chosen)
        for value, count in values.items():
            found = narrowed(client, f"{others}&" + urlencode({name: value}))
            assert len(found) == count > 0, (kept, name, value)


def test_filters_are_shown_with_their_numbers_and_what_is_chosen(client, shelf):
    narrowed_list = client.get("/?q=red&category=hat&price=100-30000&sort=price_up")
    (link,) = [
        str(tag.get("href"))
        for tag in outline(narrowed_list.text)
        if str(tag.get("href")).startswith("/filters/")
    ]
    text = client.get(link.replace("&amp;", "&")).text
    page = outline(text)
    boxes = {
        (tag.get("name"), tag.get("value")): "checked" in tag.attributes
        for tag in page
        if tag.name == "input" and tag.get("type") in ("checkbox", "radio")
    }
    assert boxes[("category", "hat")] and not boxes[("category", "dress")]
    assert boxes[("price", "100-30000")] and not boxes[("price", "")]
    hidden = {(tag.get("name"), tag.get("value")) for tag in page}
    assert {("q", "red"), ("sort", "price_up")} <= hidden
    assert re.search(r'Hats <span class="count">2</span>', text)


def test_counting_the_filters_waits_until_the_box_is_opened(client, shelf):
    page = client.get("/?category=hat")
    assert "checkbox" not in page.text
    (box,) = [tag for tag in outline(page.text) if tag.name == "details"]
    assert (box.get("hx-get"), box.get("hx-trigger")) == (
        "/filters/?category=hat",
        "toggle once",
    )
    form = client.get("/filters/?category=hat", headers={"HX-Request": "true"})
    assert "checkbox" in form.text and "<html" not in form.text


@pytest.mark.parametrize("query", ["", "q=red", "category=hat&brand=Acme&q=red"])
def test_the_filters_take_a_bounded_number_of_queries(
    client, shelf, query, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12):
        client.get(f"/filters/?{query}")


def test_every_chosen_filter_can_be_taken_away_and_all_at_once(client, shelf):
    text = client.get(
        "/?q=red&category=hat&colour=red&colour=navy&brand=Acme&price=-2499"
        "&in_stock=true&sort=newest&page=1"
    ).text
    chips = text[text.index("Chosen filters") :].split("</nav>")[0]
    links = [tag.get("href") for tag in outline(chips) if tag.name == "a"]
    rest = "q=red&category=hat&brand=Acme&colour=red&colour=navy&price=-2499"
    rest += "&in_stock=true&sort=newest"
    pairs = [sorted(parse_qsl(urlsplit(link).query)) for link in links]
    for gone in parse_qsl(rest):
        if gone[0] not in ("q", "sort"):
            assert sorted(set(parse_qsl(rest)) - {gone}) in pairs
    assert pairs[-1] == [("q", "red"), ("sort", "newest")]
    assert len(pairs) == 7
    assert "Chosen filters" not in client.get("/?q=red").text


def test_pages_and_sorting_keep_the_filters(client):
    for number in range(30):
        make_product(title="Coat", price_cents=number)
    make_product(title="Hat", category=make_category("Hats", "hat"))
    response = client.get("/?category=dress&q=coat&sort=price_up&page=2")
    assert len(titles(response)) == 6
    assert 'href="/?category=dress&amp;q=coat&amp;sort=price_up"' in response.text
    hidden = re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', response.text)
    assert ("category", "dress") in hidden and ("q", "coat") in hidden


def test_an_empty_filtered_list_suggests_removing_filters(client, shelf):
    text = client.get("/?colour=pink&category=hat").text
    assert "No product matches all of these filters." in text
    assert "Remove a filter" in text and "Clear all" in text
    assert (
        "Nothing with these filters matches" in client.get("/?q=cap&colour=pink").text
    )


def test_a_corrected_typing_error_is_reported_on_the_page(client):
    make_product(title="Linen dress")
    response = client.get("/?q=linnen+drss")
    assert titles(response) == ["Linen dress"]
    assert (
        "No product has the words “linnen drss”. Showing results for “linen dress”."
        in response.text
    )
    assert "No product has" not in client.get("/?q=linen").text


@pytest.mark.parametrize("products", [1, 24])
def test_filters_cost_four_queries_more(client, django_assert_num_queries, products):
    for _ in range(products):
        make_product(photo=True)
    asked = "/?q=product&category=dress&brand=Nordlys&in_stock=true&price=-9999"
    client.get(asked)
    # How the brand is written, whether the words find any, the categories and brands
    # there are, and the chosen category.
    with django_assert_num_queries(HOME_QUERIES + 5):
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


def test_the_product_page_shows_every_field(client):
    shown = make_product(
        title="Long <b>coat</b>",
        description="Warm.\n\nVery warm.",
        photo=True,
        stock=2,
        price_cents=129_900,
    )
    response = client.get(f"/products/{shown.slug}/")
    text = response.text
    assert "Long &lt;b&gt;coat&lt;/b&gt;" in text and "<b>coat" not in text
    assert "€\N{NO-BREAK SPACE}1,299.00" in text
    assert "Last 2" in text
    assert "<p>Very warm.</p>" in text
    assert shown.sku in text
    assert 'href="/?category=dress"' in text
    og = {tag.get("property"): tag.get("content") for tag in outline(text)}
    assert str(og["og:image"]).startswith("http://testserver/media/")


def test_structured_data_cannot_leave_its_script(client):
    shown = make_product(title="</script><script>alert(1)</script>", photo=True)
    text = client.get(f"/products/{shown.slug}/").text
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.S)
    assert block
    data = json.loads(block[1])
    assert data["name"] == shown.title
    assert data["offers"]["price"] == "19.90"
    assert data["offers"]["availability"] == "https://schema.org/InStock"
    assert data["image"][0].startswith("http://testserver/media/products/")


def test_every_photo_can_be_seen_without_script(client):
    shown = make_product(photo=True)
    for colour in ("red", "green"):
        add_photo(product=shown, data=make_photo_bytes(colour))
    page = outline(client.get(f"/products/{shown.slug}/").text)
    radios = [tag for tag in page if tag.name == "input" and tag.get("type") == "radio"]
    labels = {tag.get("for") for tag in page if tag.name == "label"}
    assert len(radios) == 3
    assert {tag.get("id") for tag in radios} <= labels
    assert sum("checked" in tag.attributes for tag in radios) == 1


def test_a_product_without_photo_has_a_page(client, fake_encoder):
    shown = make_product()
    text = client.get(f"/products/{shown.slug}/").text
    assert "No photo yet" in text
    assert "Similar items" not in text


def test_a_page_survives_a_missing_photo_file(client, fake_encoder):
    shown = make_product(photo=True, title="Still here")
    image = shown.cover
    image.file.storage.delete(image.file.name)
    for address in ("/", f"/products/{shown.slug}/"):
        response = client.get(address)
        assert response.status_code == 200
        assert "Still here" in response.text


@pytest.mark.parametrize("status", [Product.Status.DRAFT, Product.Status.ARCHIVED])
def test_unpublished_products_are_not_found(client, status):
    hidden = make_product(status=status, title="Secret")
    response = client.get(f"/products/{hidden.slug}/")
    assert response.status_code == 404
    assert "This product is not in the shop." in response.text
    assert "Secret" not in response.text


def test_unknown_product_is_not_found(client):
    assert client.get("/products/nothing-like-it/").status_code == 404
    assert client.get("/products/%00/").status_code == 404


@pytest.mark.parametrize(
    ("cents", "currency", "text"),
    [
        (3990, "EUR", "€ 39.90"),
        (5, "GBP", "£ 0.05"),
        (123_456_789, "CHF", "CHF 1,234,567.89"),
    ],
)
def test_prices_are_written_to_the_cent(cents, currency, text):
    product = Product(price_cents=cents, currency=currency)
    assert price(product) == text.replace(" ", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("stock", "note"), [(0, "Sold out"), (1, "Last one"), (3, "Last 3"), (4, "")]
)
def test_low_stock_is_mentioned(stock, note):
    assert stock_note(Product(stock=stock)) == note


@pytest.mark.parametrize(
    ("availability", "stock", "note", "state"),
    [
        ("in_stock", None, "", "InStock"),
        ("out_of_stock", None, "Sold out", "OutOfStock"),
        ("out_of_stock", 1, "Sold out", "OutOfStock"),
        ("preorder", 1, "Preorder", "PreOrder"),
        ("backorder", 0, "Backorder", "BackOrder"),
    ],
)
def test_pages_say_how_a_product_can_be_had(client, availability, stock, note, state):
    product = make_product(availability=availability, stock=stock)
    assert stock_note(product) == note
    page = client.get(product.get_absolute_url()).text
    assert f"https://schema.org/{state}" in page
    assert "Last one" not in page
    assert ("Sold out" in page) is (state == "OutOfStock")


def test_best_match_is_offered_only_with_words(client):
    response = client.get("/?sort=relevance")
    assert response.context["sort"] == "newest"
    assert "relevance" not in dict(response.context["sorts"])
    response = client.get("/?q=dress")
    assert response.context["sort"] == "relevance"
    assert "relevance" in dict(response.context["sorts"])


@pytest.mark.parametrize("address", ["/", "/?q=x", "/products/one/", "/nothing"])
def test_pages_keep_to_a_strict_content_policy(client, address, fake_encoder, settings):
    settings.DEBUG = False
    make_product(slug="one", photo=True)
    for tag in outline(client.get(address).text):
        assert "style" not in tag.attributes and tag.name != "style"
        assert not [name for name in tag.attributes if name.startswith("on")]
        if tag.name == "script" and tag.get("type") != "application/ld+json":
            assert tag.get("src", "").startswith("/static/")
        if tag.name in ("link", "img") and tag.get("rel") != "canonical":
            address_of = tag.get("href") or tag.get("src") or ""
            assert not address_of.startswith(("http", "//"))


@pytest.mark.parametrize(
    "address", ["/", "/products/one/", "/suggestions/?q=red", "/search/"]
)
def test_pages_say_that_the_database_is_down(client, address):
    def down(*args):
        raise OperationalError("connection refused")

    with connection.execute_wrapper(down):
        response = client.get(address)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    assert "refused" not in response.text


@pytest.mark.parametrize(
    "page",
    ["400", "403", "403_csrf", "404", "500", "503", "storefront/search/unavailable"],
)
def test_error_pages_make_no_queries(page, django_assert_num_queries):
    with django_assert_num_queries(0):
        text = render_to_string(f"{page}.html")
    assert 'href="/"' in text


@pytest.mark.parametrize("address", ["/", "/?q=product", "/products/one/", "/search/"])
def test_headings_skip_no_level(client, address, fake_encoder):
    make_product(slug="one", photo=True)
    page = outline(client.get(address).text)
    levels = [int(tag.name[1]) for tag in page if re.fullmatch("h[1-6]", tag.name)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("address", ["/", "/products/one/", "/search/", "/nothing"])
def test_pages_have_their_landmarks_and_names(client, address, fake_encoder, settings):
    settings.DEBUG = False
    make_product(slug="one", photo=True)
    page = outline(client.get(address).text)
    names = [tag.name for tag in page]
    assert names.count("main") == names.count("h1") == names.count("title") == 1
    assert names.count("header") >= 1
    ids = [tag.get("id") for tag in page if tag.get("id")]
    assert len(ids) == len(set(ids))
    labelled = {tag.get("for") for tag in page if tag.name == "label"}
    for tag in page:
        if tag.name == "img":
            assert "alt" in tag.attributes
        if tag.name in ("input", "select") and tag.get("type") != "hidden":
            assert tag.get("id") in labelled
