from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from catalog.models import ProductImage
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from fashionlens.storefront.tests.outline import outline
from search.index import encoders
from search.query.refinement import MAX_SKUS

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
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
    assert "%" not in page.text.split("<main")[1].split("</main>")[0]
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


def test_a_page_of_results_makes_the_same_queries_for_any_page(
    client, shop, django_assert_num_queries
):
    address = send(client, photo_of(shop[0])).url
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
