from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from catalog.models import ProductImage
from catalog.tests.factories import (
    lose_files,
    make_category,
    make_photo_bytes,
    make_product,
)
from fashionlens.storefront import search_views
from fashionlens.storefront.photo_form import PhotoForm
from fashionlens.storefront.tests.outline import outline
from ml.encoder import EncoderError
from ml.preprocess import MAX_BYTES, PhotoError, read_photo
from search.index import encoders
from search.query.refinement import MAX_SKUS

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
# Product, photos, categories; encoder, its vector, the search;
# products and photos.
PRODUCT_QUERIES = 7
RESULT_QUERIES = 4  # encoder, products, their photos, categories


@pytest.fixture
def shop(embed):
    """Thirty products of two categories, embedded, all similar."""
    kinds = [make_category()] * 15 + [make_category("Hats", "hat")] * 15
    photos = [make_photo_bytes((120 + 4 * n, 90, 200 - 4 * n)) for n in range(30)]
    products = [
        make_product(photo=photo, category=kind)
        for photo, kind in zip(photos, kinds, strict=True)
    ]
    embed()
    return products


def photo_of(product) -> bytes:
    with product.cover.file.open("rb") as file:
        return file.read()


def send(client, data: bytes, name: str = "photo.jpg", **headers):
    upload = SimpleUploadedFile(name, data, content_type="image/jpeg")
    return client.post("/search/", {"photo": upload}, **headers)


def titles(response) -> list[str]:
    return [result.product.title for result in response.context["results"]]


def test_the_search_page_has_a_photo_form(client):
    response = client.get("/search/")
    assert response.status_code == 200
    tags = outline(response.text)
    [control] = [tag for tag in tags if tag.get("type") == "file"]
    assert control.get("accept") == "image/*" and "capture" not in control.attributes
    [form] = [tag for tag in tags if tag.get("id") == "photo-form"]
    assert form.get("method") == "post"
    assert form.get("enctype") == "multipart/form-data"


def test_a_photo_leads_to_a_page_of_results(client, shop):
    response = send(client, photo_of(shop[4]))
    assert response.status_code == 303
    page = client.get(response.url)
    assert page.status_code == 200
    assert titles(page)[0] == shop[4].title
    assert "Same item" in page.text
    assert "30 products, the closest first" in page.text
    assert "%" not in page.text.split("<main")[1].split("csrf")[0]
    assert f"{shop[4].get_absolute_url()}" in page.text


def test_htmx_gets_only_the_results_and_their_address(client, shop):
    response = send(client, photo_of(shop[4]), **HTMX)
    assert response.status_code == 200
    assert "<html" not in response.text
    assert titles(response)[0] == shop[4].title
    assert response["HX-Push-Url"].startswith("/search/")
    assert f'href="{response["HX-Push-Url"]}?page=2"' in response.text
    assert "HX-Request" in response["Vary"]


def test_results_are_a_page_or_an_htmx_fragment(client, shop):
    address = send(client, photo_of(shop[0])).url
    part = client.get(address, **HTMX)
    page = client.get(address)
    assert "<html" in page.text and "<html" not in part.text
    assert "HX-Request" in part["Vary"] and "HX-Request" in page["Vary"]
    assert titles(part) == titles(page)
    assert 'name="robots" content="noindex"' in page.text


def test_results_have_stable_pages(client, shop):
    address = send(client, photo_of(shop[0])).url
    first, second = client.get(address), client.get(f"{address}?page=2")
    assert len(titles(first)) == 24
    assert len(set(titles(first) + titles(second))) == 30


def test_results_can_be_filtered_by_category(client, shop):
    address = send(client, photo_of(shop[0])).url
    response = client.get(f"{address}?category=hat")
    assert "Hats like your photo" in response.text
    assert sorted(titles(response)) == sorted(product.title for product in shop[15:])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=3", 404),
        ("page=abc", 404),
        ("page=-1", 404),
        ("category=spaceships", 404),
        ("category=%00", 400),
        ("category=" + "x" * 10_000, 400),
        ("category=%27%3B--", 404),
        ("colour=red", 200),
    ],
)
def test_invalid_addresses_of_results_get_an_error_page(client, shop, query, status):
    address = send(client, photo_of(shop[0])).url
    response = client.get(f"{address}?{query}")
    assert response.status_code == status
    assert 'href="/"' in response.text


def test_products_beyond_the_last_band_are_not_shown(client, shop, monkeypatch):
    network = encoders.network_of(encoders.active_encoder())
    monkeypatch.setattr(type(network), "bands", [("same item", -1.0)])
    page = client.get(send(client, photo_of(shop[0])).url)
    assert titles(page) == []
    assert "Nothing in the shop looks like this." in page.text
    monkeypatch.setattr(type(network), "bands", [("same item", 0.0001)])
    page = client.get(send(client, photo_of(shop[0])).url)
    assert titles(page) == [shop[0].title]


def test_a_search_in_an_empty_shop_finds_nothing(client, fake_encoder):
    page = client.get(send(client, make_photo_bytes()).url)
    assert page.status_code == 200
    assert "Nothing in the shop looks like this." in page.text


def test_an_expired_search_is_gone(client, shop):
    address = send(client, photo_of(shop[0])).url
    cache.clear()
    for headers in ({}, HTMX):
        response = client.get(address, **headers)
        assert response.status_code == 410
        assert "This search has expired" in response.text
    assert client.get("/search/never-was-one/").status_code == 410


def test_other_cache_keys_are_not_query_ids(client, shop):
    address = send(client, photo_of(shop[0])).url
    client.get(f"{address}?category=hat")
    query_id = address.split("/")[2]
    assert client.get(f"/search/{query_id}:hat/").status_code == 404
    assert client.get(f"/search/{query_id}:/").status_code == 404


def gif_of_two() -> bytes:
    from io import BytesIO

    frames = [Image.new("RGB", (60, 80), colour) for colour in ("red", "blue")]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This file is empty."),
        (b"not a photo", "not a photo of a kind we can read"),
        (make_photo_bytes()[:400], "damaged or incomplete"),
        (make_photo_bytes(size=(7800, 7800), format="PNG"), "30 megapixels"),
        (b"\xff\xd8\xff" + b"\0" * (11 * 1024 * 1024), "larger than 10 MB"),
        (SVG, "not a photo of a kind we can read"),
    ],
    ids=["empty", "text", "truncated", "60 megapixels", "11 MB", "svg"],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_an_invalid_photo_shows_an_error_beside_the_control(
    client, fake_encoder, media: Path, data, words, headers
):
    before = set(cache._cache.get_client().keys("*"))
    response = send(client, data, **headers)
    assert response.status_code == 422
    assert words in response.text
    if headers:
        assert response["HX-Retarget"] == "#photo-message"
        assert "<html" not in response.text
    else:
        assert 'id="photo-form"' in response.text
        assert 'aria-invalid="true"' in response.text
    assert set(cache._cache.get_client().keys("*")) == before
    assert not media.exists()


@pytest.mark.parametrize(
    "data",
    [
        make_photo_bytes(),
        make_photo_bytes(format="PNG"),
        make_photo_bytes(format="WEBP"),
        make_photo_bytes(format="AVIF"),
        gif_of_two(),
    ],
    ids=["jpeg", "png", "webp", "avif", "animated gif"],
)
def test_every_photo_format_is_accepted_and_not_stored(
    client, fake_encoder, media: Path, data
):
    assert send(client, data).status_code == 303
    assert not media.exists()
    assert not ProductImage.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\0b.jpg", '"><img src=x onerror=alert(1)>.jpg', "ü" * 300],
)
def test_the_name_of_the_file_does_not_matter(client, fake_encoder, name):
    assert send(client, make_photo_bytes(), name=name).status_code in (303, 422)
    page = client.get("/search/")
    assert "onerror" not in page.text


@pytest.mark.parametrize("fields", [{}, {"photo": "text, not a file"}])
def test_a_search_without_a_file_asks_for_one(client, fake_encoder, fields):
    response = client.post("/search/", fields)
    assert response.status_code == 422
    assert "Choose a photo first, or say in words" in response.text


def test_a_malformed_form_is_a_bad_request(client, fake_encoder):
    response = client.post("/search/", b"--x\r\n", content_type="multipart/form-data")
    assert response.status_code == 400


def test_a_form_without_csrf_token_gets_the_shops_error_page(fake_encoder):
    from django.test import Client

    response = send(Client(enforce_csrf_checks=True), make_photo_bytes())
    assert response.status_code == 403
    assert "This form has expired" in response.text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("error", [encoders.NoActiveEncoder, EncoderError])
def test_a_search_without_an_encoder_answers_503(client, monkeypatch, error, headers):
    def refuse(*args):
        raise error("no encoder")

    monkeypatch.setattr(search_views, "start_search", refuse)
    response = send(client, make_photo_bytes(), **headers)
    assert response.status_code == 503
    assert "cannot search with photos" in response.text
    assert ("<html" in response.text) is not bool(headers)


def test_a_search_without_a_cache_answers_503(client, fake_encoder, settings):
    settings.CACHES = settings.CACHES | {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    assert send(client, make_photo_bytes()).status_code == 503
    assert client.get("/search/some-query-id/").status_code == 503


def test_the_browsers_size_message_equals_the_servers():
    with pytest.raises(PhotoError) as refused:
        read_photo(b"\xff\xd8\xff" + b"\0" * MAX_BYTES)
    assert PhotoForm.too_large == str(refused.value)


def test_the_product_page_shows_what_is_similar_best_first(client, shop):
    response = client.get(f"/products/{shop[0].slug}/")
    similar = response.text.partition('id="similar-title"')[2]
    links = [
        str(tag.get("href")).partition("?")[0]
        for tag in outline(similar.partition("</section>")[0])
        if tag.name == "a" and str(tag.get("href")).startswith("/products/")
    ]
    assert len(links) == len(set(links)) == 12
    assert shop[0].get_absolute_url() not in links


def test_the_product_page_says_that_similar_items_are_prepared(client, fake_encoder):
    product = make_product(photo=True)
    assert "are being prepared" in client.get(f"/products/{product.slug}/").text


def test_the_product_page_says_that_there_are_no_similar_items(client, embed):
    product = make_product(photo=True)
    embed()
    text = client.get(f"/products/{product.slug}/").text
    assert "There are no similar items to show." in text


def test_the_product_page_does_not_wait_for_a_failed_photo(client, embed):
    product = make_product(photo=True)
    lose_files(product)
    assert embed().failed == 1
    text = client.get(f"/products/{product.slug}/").text
    assert "There are no similar items to show." in text


def test_the_product_page_works_without_an_encoder(client, fake_encoder):
    product = make_product(photo=True)
    fake_encoder.state = "retired"
    fake_encoder.save()
    assert client.get(f"/products/{product.slug}/").status_code == 200


@pytest.mark.parametrize("products", [12, 30])
def test_the_product_page_makes_the_same_queries_for_any_shop_size(
    client, embed, django_assert_num_queries, products
):
    shown = make_product(photo=True)
    for _ in range(products):
        make_product(photo=True)
    embed()
    client.get(f"/products/{shown.slug}/")
    with django_assert_num_queries(PRODUCT_QUERIES):
        client.get(f"/products/{shown.slug}/")


def test_a_page_of_results_makes_the_same_queries_for_any_page(
    client, shop, django_assert_num_queries
):
    address = send(client, photo_of(shop[0])).url
    client.get(address)  # counts the facets, which are kept
    for page in (1, 2):
        with django_assert_num_queries(RESULT_QUERIES):
            client.get(f"{address}?page={page}")


@pytest.mark.parametrize(
    ("name", "gone", "left"), [("like", "More", "Less"), ("dislike", "Less", "More")]
)
def test_no_more_likes_are_offered_than_are_allowed(client, shop, name, gone, left):
    query = "&".join(f"{name}={product.sku}" for product in shop[:MAX_SKUS])
    address = send(client, photo_of(shop[25])).url
    page = client.get(f"{address}?{query}")
    nudges = page.text.split('<ul class="grid">')[1]
    assert f"{gone} like this: " not in nudges
    assert f"{left} like this: " in nudges
    assert f"at most {MAX_SKUS}" in page.text
    links = [tag.get("href") or "" for tag in outline(nudges) if tag.name == "a"]
    wished = [link for link in links if "like=" in link]
    assert wished
    for link in wished[:4]:
        assert client.get(link).status_code == 200


@pytest.mark.parametrize("liked", [1, 5])
def test_likes_make_the_same_queries_for_any_number(
    client, shop, django_assert_num_queries, liked
):
    skus = [product.sku for product in shop[1 : 1 + liked]]
    query = "&".join(f"like={sku}" for sku in skus)
    address = f"{send(client, photo_of(shop[0])).url}?{query}"
    page = client.get(address)
    assert [product.sku for _, product in page.context["refining_products"]] == sorted(
        skus
    )
    with django_assert_num_queries(RESULT_QUERIES + 2):  # they and their photos
        client.get(address)
