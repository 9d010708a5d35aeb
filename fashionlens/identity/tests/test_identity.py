"""The merchant's name, logo, colour and texts, on every page of the shop."""

import re
from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from catalog.tests.factories import make_product
from fashionlens.identity.contrast import MIN_CONTRAST, PAPERS, contrast, readable
from fashionlens.identity.current import (
    Identity,
    forget_identity,
    remember_identity,
)
from fashionlens.identity.models import Page, Shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forgotten(identity_known):
    forget_identity()


def _logo(size=(900, 300), format="PNG") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "teal").save(buffer, format)
    return buffer.getvalue()


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


FORM = {"name": "Maison Été", "empty_title": "Soon"}


def _save(admin, **fields):
    path = "change/" if Shop.objects.exists() else ""
    address = f"/admin/identity/shop/{'1/change/' if path else 'add/'}"
    return admin.post(address, FORM | fields, follow=True)


def test_a_shop_without_settings_is_called_fashionlens(client):
    assert "<title>FashionLens" in client.get("/").text


@pytest.mark.parametrize("address", ["/", "/products/one/", "/search/", "/nothing/"])
def test_every_page_bears_the_name(client, settings, fake_encoder, address):
    settings.DEBUG = False
    Shop(name="Maison <Été>").save()
    make_product(slug="one")
    page = client.get(address).text
    assert "Maison &lt;Été&gt;" in page
    assert not re.search(r"<title>[^<]*FashionLens", page)


def test_texts_are_shown_where_they_belong(client):
    Shop(header="Free delivery", footer="Since 1923", delivery="Two days").save()
    make_product(slug="one")
    assert "Two days" not in client.get("/").text
    for words in ("Free delivery", "Since 1923", "Two days"):
        assert words in client.get("/products/one/").text


def test_an_empty_shop_says_what_the_merchant_wrote(client):
    Shop(empty_title="Opening in May", empty_text="Come back").save()
    assert "Opening in May" in client.get("/").text


def test_pages_of_text_have_links_and_paragraphs(client):
    Page.objects.create(title="Terms & rights", slug="terms", text="One\n\n<b>Two")
    assert 'href="/pages/terms/"' in client.get("/").text
    page = client.get("/pages/terms/").text
    assert "<p>One</p>" in page and "&lt;b&gt;Two" in page
    assert client.get("/pages/imprint/").status_code == 404


def test_a_new_logo_and_colour_have_new_addresses(client, admin):
    _save(admin, new_logo=SimpleUploadedFile("l.png", _logo()), accent="#006688")
    before = re.findall(r"/identity/[\w.]+\?v=\w+", client.get("/").text)
    assert len(before) == 2
    picture = client.get(before[1])
    assert Image.open(BytesIO(picture.content)).size == (288, 96)
    assert "immutable" in picture.headers["Cache-Control"]
    _save(admin, accent="#880066")
    assert before != re.findall(r"/identity/[\w.]+\?v=\w+", client.get("/").text)
    _save(admin, remove_logo="on")
    assert client.get("/identity/logo.png").status_code == 404


def test_a_shop_without_a_colour_has_an_empty_stylesheet(client):
    assert client.get("/identity/colours.css").content == b""


def test_colours_are_those_stored_while_this_process_knows_older_ones(client):
    remember_identity(Identity(Shop(accent="#880000"), []))
    Shop.objects.bulk_create([Shop(pk=1, accent="#006688")])  # by another process
    assert "#006688" in client.get("/identity/colours.css").text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg onload=alert(1)>", "not a picture"),
        (_logo()[:60], "not a picture"),
        (bytes(600_000), "at most 500 kB"),
        (_logo((4000, 1001)), "at most 4 megapixels"),
    ],
)
def test_a_file_that_is_no_logo_is_refused(admin, data, words):
    page = _save(admin, new_logo=SimpleUploadedFile("logo.png", data)).text
    assert words in page
    assert not Shop.objects.exists()


@pytest.mark.parametrize("accent", ["red", "#12", "#ggg000", "#fff;}b"])
def test_only_colours_are_taken(admin, accent):
    assert "Write the colour as" in _save(admin, accent=accent).text


@pytest.mark.parametrize("paper", PAPERS.values())
@pytest.mark.parametrize("colour", ["#ffff00", "#000000", "#ffffff", "#808080"])
def test_every_colour_becomes_readable(colour, paper):
    assert contrast(readable(colour, paper), paper) >= MIN_CONTRAST


def test_a_readable_colour_stays():
    assert readable("#9c3f27", PAPERS["light"]) == "#9c3f27"


def test_a_colour_that_is_hard_to_read_gets_a_warning(admin):
    assert "hard to read as text" in _save(admin, accent="#ffee00").text


def test_there_is_one_shop(admin):
    _save(admin)
    page = admin.get("/admin/identity/shop/", follow=True)
    assert page.redirect_chain[-1][0] == "/admin/identity/shop/1/change/"
    assert admin.get("/admin/identity/shop/add/").status_code == 403
