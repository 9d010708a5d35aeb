"""Pages in the language of their address."""

from collections.abc import Iterator

import pytest
from django.urls import clear_url_caches, reverse
from django.utils.translation import override

from catalog.product_words.sweep import refresh_all
from catalog.tests.factories import make_category, make_product
from fashionlens.languages.addresses import address_in, language_of
from fashionlens.languages.vocabulary import translate_name
from fashionlens.request_limits import is_photo_search, max_body
from fashionlens.storefront.tests.outline import outline

pytestmark = pytest.mark.django_db
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.mark.parametrize(
    ("path", "language", "german", "english"),
    [
        ("/", "en", "/de/", "/"),
        ("/de/", "de", "/de/", "/"),
        ("/de/products/one/", "de", "/de/products/one/", "/products/one/"),
        ("/depth/", "en", "/de/depth/", "/depth/"),
        ("/fr/", "en", "/de/fr/", "/fr/"),
    ],
)
def test_the_prefix_of_an_address_names_its_language(path, language, german, english):
    assert language_of(path) == language
    assert address_in("de", path) == german
    assert address_in("en", path) == english


def test_a_german_page_speaks_german_and_links_to_german_pages(client, fake_encoder):
    make_product(
        slug="one",
        title="Navy coat",
        price_cents=129_900,
        category=make_category("Hats", "hat"),
    )
    response = client.get("/de/products/one/")
    assert response.headers["Content-Language"] == "de"
    assert '<html lang="de">' in response.text
    assert "1.299,00\N{NO-BREAK SPACE}€" in response.text
    assert 'href="/de/?category=hat">Hüte</a>' in response.text
    assert 'dir="auto">Navy coat</h1>' in response.text
    links = [tag.get("href") or "" for tag in outline(response.text) if tag.name == "a"]
    own = [link for link in links if link.startswith("/")]
    assert [one for one in own if not one.startswith("/de/")] == ["/products/one/"]


def test_pages_name_their_addresses_in_all_languages(client, fake_encoder):
    make_product(slug="one")
    for address in ("/products/one/?q=x&p=1", "/de/products/one/"):
        links = [tag for tag in outline(client.get(address).text) if tag.name == "link"]
        alternates = {
            tag.get("hreflang"): tag.get("href")
            for tag in links
            if tag.get("rel") == "alternate"
        }
        assert alternates == {
            "en": "http://testserver/products/one/",
            "de": "http://testserver/de/products/one/",
            "x-default": "http://testserver/products/one/",
        }


@pytest.fixture
def german_shop(settings) -> Iterator[None]:
    settings.PAGES_LANGUAGE = "de"
    clear_url_caches()
    yield
    clear_url_caches()


def test_a_german_shop_has_german_pages_at_the_plain_addresses(client, german_shop):
    make_product(slug="one")
    assert '<html lang="de">' in client.get("/products/one/").text
    english = client.get("/en/products/one/").text
    assert '<html lang="en-GB">' in english
    assert 'href="/en/search/"' in english
    assert client.get("/de/products/one/").status_code == 404


@pytest.mark.parametrize(
    ("headers", "cookie", "address"),
    [
        (GERMAN, "", "/de/"),
        (GERMAN, "en", None),
        (GERMAN | {"Referer": "http://testserver/search/"}, "", None),
        (GERMAN | {"Referer": "https://example.org/"}, "", "/de/"),
        ({"Accept-Language": "fr, en;q=0.4, de;q=0.2"}, "", None),
        ({"Accept-Language": "fr"}, "", None),
        ({}, "de", "/de/"),
        ({}, "xx", None),
        ({}, "", None),
    ],
)
def test_the_front_page_asks_the_browser(client, headers, cookie, address):
    if cookie:
        client.cookies["language"] = cookie
    response = client.get("/", headers=headers)
    assert response.headers.get("Location") == address
    assert "Accept-Language" in response.headers["Vary"]
    is_own = address or (headers and "de" in headers["Accept-Language"][:2])
    assert ("private" in response.headers["Cache-Control"]) == bool(is_own)


@pytest.mark.parametrize("path", ["/?category=dress", "/search/", "/de/"])
def test_other_addresses_do_not_ask_the_browser(client, path):
    make_category("Dresses", "dress")
    response = client.get(path, headers={"Accept-Language": "fr, de"})
    assert response.status_code == 200
    assert "Accept-Language" not in response.headers.get("Vary", "")


def test_api_and_admin_speak_english_and_have_no_prefix(client, german_shop):
    product = make_product(slug="one")
    answer = client.get("/api/v1/products/?colour=nope", headers=GERMAN).json()
    assert answer["detail"].startswith("colour: There is no colour 'nope'")
    detail = client.get(f"/api/v1/products/{product.sku}/").json()
    assert "/en/" not in str(detail) and "/de/" not in str(detail)
    assert "Log in" in client.get("/admin/login/", headers=GERMAN).text
    assert client.get("/de/api/v1/products/").status_code == 404


def test_errors_are_in_the_language_of_the_page(client, settings):
    settings.DEBUG = False
    assert "Seite nicht gefunden" in client.get("/de/nothing/").text
    assert "Farbe &#x27;nope&#x27; gibt es nicht" in client.get("/de/?colour=nope").text
    long = client.get("/de/", {"q": "x" * 201})
    assert "höchstens 200 Zeichen" in long.text
    assert "at most 200 characters" in client.get("/", {"q": "x" * 201}).text


def test_photos_are_taken_at_the_address_of_every_language(client, fake_encoder):
    assert is_photo_search("POST", "/de/search/")
    assert max_body("/de/search/", staff=False) == max_body("/search/", staff=False)
    refused = client.post("/de/search/", {"photo": ""})
    assert "Erst ein Foto wählen" in refused.text


def test_suggestions_know_the_names_of_the_language(client):
    product = make_product(title="Coat")
    product.images.create(sha256="0", width=3, height=4, file="x", colours=["red"])
    suggested = client.get("/de/suggestions/?q=ro").text
    assert 'href="/de/?colour=red"' in suggested and "Rot" in suggested
    assert "colour=red" not in client.get("/suggestions/?q=ro").text


def test_german_words_find_products_with_english_texts(client):
    make_product(title="Red linen dress")
    refresh_all()
    for words in ("kleid", "rot kleid"):
        assert "Red linen dress" in client.get("/de/", {"q": words}).text
        assert "Red linen dress" not in client.get("/", {"q": words}).text


def test_names_of_the_shop_are_translated_and_a_merchants_are_not():
    with override("de"):
        assert translate_name("colour", "light-blue") == "Hellblau"
        assert translate_name("colour", "Navy/White") == "Navy/White"
        assert translate_name("category", "T-Shirt") == "T-Shirt"
        assert translate_name("pattern", "Striped") == "Gestreift"
        assert reverse("storefront:home") == "/de/"
    assert translate_name("colour", "light-blue") == "light blue"
