import gzip

import pytest

from catalog.models import Product
from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.identity.models import Page

pytestmark = pytest.mark.django_db
PAGES = ["/", "/?category=dress", "/products/one/", "/search/", "/pages/terms/"]


@pytest.fixture
def shop(embed):
    product = make_product(slug="one", photo=make_photo_bytes("red"))
    make_product(photo=make_photo_bytes("pink"))
    embed()
    Page.objects.create(title="Terms", slug="terms", text="Few.")
    return product


def test_pages_are_the_same_for_everybody(client, shop):
    for address in PAGES:
        answer = client.get(address)
        assert answer.status_code == 200
        assert dict(answer.cookies) == {}
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
        etag = answer.headers["ETag"]
        again = client.get(address, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Cache-Control"].startswith("public")


def test_a_changed_price_is_sent(client, shop):
    etag = client.get("/products/one/").headers["ETag"]
    Product.objects.filter(slug="one").update(price_cents=1)
    answer = client.get("/products/one/", headers={"If-None-Match": etag})
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["sessionid", "looked_at"])
def test_a_page_for_somebody_stays_out_of_shared_caches(client, shop, name):
    client.cookies[name] = "x"
    for address in PAGES:
        assert client.get(address).headers["Cache-Control"] == "private"


def test_the_answer_to_a_photo_stays_out_of_shared_caches(client, shop):
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.post("/search/", {"product": shop.sku}, headers=headers)
        assert answer.status_code in (200, 303)
        assert answer.headers["Cache-Control"] == "private"


def test_a_kept_search_stays_out_of_shared_caches(client, shop):
    address = client.post("/search/", {"product": shop.sku}).url
    for path in (address, f"{address}filters/", "/search/none/"):
        assert client.get(path).headers["Cache-Control"] == "private"


def test_lists_with_an_id_and_errors_stay_out_of_shared_caches(client, shop):
    for address in ("/?q=red", "/products/one/?q=x&p=1", "/nothing"):
        assert "public" not in client.get(address).headers.get("Cache-Control", "")


def test_the_staff_finds_the_admin_and_others_do_not(client, admin_client, shop):
    assert "/admin/" in admin_client.get("/").text
    assert "/admin/" not in client.get("/").text


def test_pages_are_compressed_and_photos_and_the_api_are_not(client, shop):
    packed = {"Accept-Encoding": "gzip"}
    page = client.get("/", headers=packed)
    assert page.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["Vary"]
    assert b"</html>" in gzip.decompress(page.content)
    known = packed | {"If-None-Match": page.headers["ETag"]}
    assert client.get("/", headers=known).status_code == 304
    for address in ("/api/v1/products/", shop.cover.card.url):
        assert "Content-Encoding" not in client.get(address, headers=packed).headers
