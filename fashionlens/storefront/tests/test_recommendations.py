"""Recently viewed products and recommendations."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from fashionlens.storefront.tests.outline import outline
from search.models import Encoder

pytestmark = pytest.mark.django_db
HERE = {"Referer": "http://testserver/"}


def open_page(client, product: Product, query: str = "", **headers):
    return client.get(f"/products/{product.slug}/{query}", headers=headers)


def look_at(client, product: Product, query: str = "", **headers):
    """Open a product's page with its late part, which remembers the product."""
    page = open_page(client, product, query, **headers)
    more_of(client, product)
    return page


def more_of(client, product: Product, **headers):
    """Get the late part of a product's page, as the page names it."""
    page = outline(open_page(client, product, **headers).text)
    (address,) = [
        tag.get("data-hx-get") for tag in page if "data-hx-get" in tag.attributes
    ]
    return client.get(address, headers={"HX-Request": "true", **headers})


def strip(response) -> list[str]:
    """Addresses of the products in "Because you looked at", without their lists."""
    text = response.text.partition('id="because-viewed-title"')[2].partition(
        "</section>"
    )[0]
    cards = text.partition('class="strip"')[2]
    links = [tag.get("href") or "" for tag in outline(cards) if tag.name == "a"]
    return [link.partition("?")[0] for link in links]


def test_a_new_shopper_sees_no_recently_viewed(client, shop):
    response = client.get("/")
    assert "Because you looked at" not in response.text
    assert "looked_at" not in response.cookies


def test_the_front_page_shows_products_like_those_viewed_last(client, shop):
    for product in shop[:2]:
        look_at(client, product)
    response = client.get("/")
    links = strip(response)
    others = {product.get_absolute_url() for product in shop[2:]}
    assert set(links) == others and len(links) == len(others)
    head = response.text.partition('id="because-viewed-title"')[2].partition("<ul")[0]
    assert f'href="{shop[1].get_absolute_url()}">{shop[1].title}</a>' in head
    assert strip(client.get("/?q=product")) == strip(client.get("/?page=2")) == []


def test_a_product_page_recommends_by_the_products_viewed_before(client, shop, embed):
    look_at(client, shop[0])
    assert strip(more_of(client, shop[0])) == []
    # What is similar is on the page already: here that is all there is.
    assert strip(more_of(client, shop[1])) == []
    for n in range(14):
        make_product(photo=make_photo_bytes((240, 10 * n, 0)))
    embed()
    cache.clear()
    response = more_of(client, shop[1])
    similar = look_at(client, shop[1]).text.partition('id="similar-title"')[2]
    shown = [tag.get("href") for tag in outline(similar.partition("</section>")[0])]
    before = {(link or "").partition("?")[0] for link in shown}
    assert strip(response)
    assert not before & set(strip(response))
    assert shop[1].get_absolute_url() not in strip(response)


def test_recently_viewed_is_kept_in_a_cookie_only(client, shop):
    for product in [*shop, shop[0]]:
        response = more_of(client, product)
    cookie = response.cookies["looked_at"]
    ids = cookie.value.partition(":")[0].split(".")
    assert ids[0] == str(shop[0].pk) and ids[1] == str(shop[-1].pk)
    assert len(ids) == len(set(ids)) == 8
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert cookie["max-age"] == cookie["expires"] == ""  # ends with the browser
    assert "sessionid" not in response.cookies
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)


def test_the_cookie_holds_at_most_ten_products(client, fake_encoder):
    for _ in range(13):
        response = more_of(client, make_product())
    assert response.cookies["looked_at"].value.partition(":")[0].count(".") == 9


@pytest.mark.parametrize("value", ["1.2.3", "1.2:abc:def", "", "'", "9" * 5000])
def test_a_forged_cookie_is_ignored(client, shop, value):
    client.cookies["looked_at"] = value
    assert "Because you looked at" not in client.get("/").text
    assert look_at(client, shop[0]).status_code == 200


def test_recently_viewed_can_be_forgotten(client, shop):
    look_at(client, shop[0])
    response = client.post("/looked-at/forget/", {"next": "/?page=1"})
    assert (response.status_code, response.url) == (303, "/?page=1")
    assert "Because you looked at" not in client.get("/").text
    assert client.get("/looked-at/forget/").status_code == 405


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "", "x:y"])
def test_forgetting_redirects_to_this_shop_only(client, back):
    assert client.post("/looked-at/forget/", {"next": back}).url == "/"


def test_personal_pages_are_not_cached_by_shared_caches(client, shop):
    late = more_of(client, shop[0])
    for response in (late, client.get("/"), open_page(client, shop[0])):
        assert "private" in response.headers["Cache-Control"]


def test_prefetched_pages_do_not_count_as_viewed(client, shop):
    response = open_page(client, shop[0], **{"Sec-Purpose": "prefetch;prerender"})
    assert "looked_at" not in response.cookies
    assert "looked_at" not in client.head(f"/products/{shop[0].slug}/").cookies


def test_recently_viewed_takes_the_same_queries_for_any_number(client, shop):
    def queries() -> int:
        client.get("/")  # finds the neighbours, which are kept
        with CaptureQueriesContext(connection) as captured:
            client.get("/")
        return len(captured)

    counts = set()
    for product in shop[:6]:
        look_at(client, product)
        counts.add(queries())
    assert counts == {7}  # of the front page 4; encoder, recommendations, names


def test_pages_stay_up_without_an_encoder_or_a_cache(client, shop, settings):
    look_at(client, shop[0])
    elsewhere = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = settings.CACHES | {"default": elsewhere}
    assert client.get("/").status_code == 200
    assert look_at(client, shop[1], f"?q={'x' * 22}&p=1", **HERE).status_code == 200
    Encoder.objects.update(state="ready")
    assert client.get("/").status_code == 200


def test_the_product_page_shows_what_goes_with_it(client, embed):
    black = make_photo_bytes("black")
    shirt = make_product(photo=black, category=make_category("Shirts", "shirt"))
    shoes = make_product(photo=black, category=make_category("Shoes", "shoes"))
    embed()
    text = more_of(client, shirt).text.partition('id="outfit-title"')[2]
    assert shoes.get_absolute_url() in text and "Shoes" in text
    bag = make_product(photo=True, category=make_category("Bags", "bag"))
    assert "Goes with it" not in more_of(client, bag).text


def test_what_goes_with_a_product_is_a_link_without_script(client, embed):
    black = make_photo_bytes("black")
    shirt = make_product(photo=black, category=make_category("Shirts", "shirt"))
    shoes = make_product(photo=black, category=make_category("Shoes", "shoes"))
    embed()
    address = f"{shirt.get_absolute_url()}more/"
    page = outline(look_at(client, shirt).text)
    assert [tag for tag in page if str(tag.get("href")).startswith(address)]
    text = client.get(address).text
    assert "<html" in text and shoes.get_absolute_url() in text
    assert client.get("/products/none/more/").status_code == 404
    assert client.get(f"{address}?shown=x.9.{'9' * 99}.\u0663").status_code == 200


def test_nothing_to_show_is_said_only_where_nothing_is_shown(client, shop):
    address = f"{shop[0].get_absolute_url()}more/"
    assert "There is nothing to show." in client.get(address).text
    look_at(client, shop[1])
    text = client.get(address).text
    assert "Because you looked at" in text
    assert "There is nothing to show." not in text


def test_the_product_page_and_its_late_part_take_few_queries(
    client, embed, django_assert_max_num_queries
):
    black = make_photo_bytes("black")
    shirt = make_product(photo=black, category=make_category("Shirts", "shirt"))
    for slug in ("shoes", "pants", "outwear", "skirt", "shorts"):
        make_product(photo=black, category=make_category(slug.title(), slug))
    embed()
    look_at(client, make_product(photo=True))
    with django_assert_max_num_queries(12):
        open_page(client, shirt)
    with django_assert_max_num_queries(12):
        client.get(f"{shirt.get_absolute_url()}more/", headers={"HX-Request": "true"})
