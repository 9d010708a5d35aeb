"""Rules that every page of the shop keeps."""

import re
from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from html5lib import HTMLParser

from catalog.tests.factories import make_product
from fashionlens.storefront.tests.outline import outline
from search.tests.garments import photo_of
from search.tests.shop import upload

pytestmark = pytest.mark.django_db
ADDRESSED = ("canonical", "alternate")  # links by their whole address


@pytest.mark.parametrize("address", ["/", "/?q=x", "/products/one/", "/nothing"])
def test_pages_keep_to_a_strict_content_policy(client, address, fake_encoder, settings):
    settings.DEBUG = False
    make_product(slug="one", photo=True)
    for tag in outline(client.get(address).text):
        assert "style" not in tag.attributes and tag.name != "style"
        assert not [name for name in tag.attributes if name.startswith("on")]
        if tag.name == "script" and tag.get("type") != "application/ld+json":
            assert tag.get("src", "").startswith("/static/")
        if tag.name in ("link", "img") and tag.get("rel") not in ADDRESSED:
            address_of = tag.get("href") or tag.get("src") or ""
            assert not address_of.startswith(("http", "//"))


@pytest.mark.parametrize(
    "address", ["/", "/products/one/", "/suggestions/?q=red", "/search/"]
)
def test_pages_say_that_the_database_is_down(client, database_down, address):
    response = client.get(address)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    assert "refused" not in response.text


@pytest.mark.parametrize(
    "page",
    [
        "400",
        "403",
        "403_csrf",
        "404",
        "429",
        "500",
        "503",
        "storefront/search/unavailable",
    ],
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


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/?q=x", "/?category=dress", "/filters/", "/products/one/", "/search/"),
        *("/de/", "/nothing/", "/?price=x", "/_style/"),
    ],
)
def test_pages_are_valid_html(client, address, fake_encoder, settings):
    settings.DEBUG = address == "/_style/"
    make_product(slug="one", photo=True)
    make_product(slug="two", photo=True)
    text = client.get(address).text
    HTMLParser(strict=True).parse(text)
    page = outline(text)
    ids = [tag.get("id") for tag in page if tag.get("id")]
    assert len(ids) == len(set(ids))
    for tag in page:
        assert not [name for name in tag.attributes if name.startswith("hx-")]
        assert tag.name != "img" or tag.get("src")
        assert tag.get("action", "/")


def test_results_are_valid_html(client, garment_shop):
    photo = upload(photo_of("dress", (210, 20, 20)))
    for query in ("", "?like=red-dress", "?colour=green"):
        page = client.post("/search/", {"photo": photo}, follow=True)
        address = page.redirect_chain[-1][0]
        HTMLParser(strict=True).parse(client.get(f"{address}{query}").text)
        photo.seek(0)
