"""Searches by photo, box, product, address, words, likes, and any mix of them."""

from base64 import urlsafe_b64decode
from io import BytesIO

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.storefront.tests.outline import outline
from search.models import Embedding
from search.query import start
from search.tests.shop import (
    LIME,
    RED,
    SEARCH,
    make_garments,
    post_search,
    skus,
    upload,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(embed):
    return make_garments(embed)


@pytest.fixture
def address(monkeypatch) -> str:
    """Return an address at which there is a blue photo."""
    monkeypatch.setattr(start, "fetch_photo", lambda _: make_photo_bytes("blue"))
    return "https://photos.example/blue.jpg"


def two_garments() -> bytes:
    """Red on the left, navy on the right, each as on its own photo."""
    picture = Image.new("RGB", (180, 120))
    for left, data in ((0, RED), (90, make_photo_bytes("navy"))):
        picture.paste(Image.open(BytesIO(data)), (left, 0))
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def on_page(client, **form) -> list[str]:
    if isinstance(form.get("photo"), bytes):
        form["photo"] = upload(form["photo"])
    page = client.post("/search/", form, follow=True)
    assert page.status_code == 200, page.text
    return [result.product.sku for result in page.context["results"]]


@pytest.mark.parametrize(
    ("form", "best"),
    [
        ({"photo": RED}, ["red"]),
        ({"photo": two_garments(), "box": "0,0,0.5,1"}, ["red"]),
        ({"photo": two_garments(), "box": "0.5,0,1,1"}, ["navy"]),
        ({"product": "red"}, ["pink", "hat"]),
        ({"product": "navy", "box": "0,0,1,1"}, ["blue"]),
        ({"address": "here"}, ["blue"]),
        ({"words": "dres"}, []),
        ({"words": "red dress"}, ["red"]),
        ({"photo": make_photo_bytes("navy"), "words": "blue"}, ["blue"]),
        ({"like": "red"}, ["red"]),
        ({"like": ["red", "hat"], "dislike": "pink"}, ["hat", "red"]),
        ({"photo": RED, "dislike": "red"}, []),
        ({"photo": RED, "product": "navy", "words": "hat"}, []),
        ({"product": "red", "category": "hat"}, ["hat"]),
        ({"words": "dress", "colour": "navy"}, ["blue", "navy"]),
    ],
)
def test_page_and_api_have_the_same_results_for_every_mix(
    client, shop, address, form, best
):
    if form.get("address"):
        form = form | {"address": address}
    answer = post_search(client, **form)
    found = skus(answer)
    assert found == on_page(client, **form)
    assert found and sorted(found[: len(best)]) == sorted(best)
    assert len(found) == len(set(found)) == answer.json()["count"]
    assert answer.json()["complete"] is True


def test_a_product_is_not_among_its_own_results(client, shop):
    for form in [
        {"product": "red"},
        {"product": "red", "box": "0,0,1,0.9"},
        {"product": "red", "words": "red"},
    ]:
        assert "red" not in skus(post_search(client, **form))
    first = post_search(client, product="red").json()
    refined = client.get(f"{SEARCH}{first['query']}/?words=hat")
    assert skus(refined)[0] == "hat" and "red" not in skus(refined)


def test_a_product_is_searched_with_its_stored_vector(client, shop, monkeypatch):
    monkeypatch.setattr(start, "read_photo", None)
    assert skus(post_search(client, product="red"))[0] == "pink"


def test_a_search_can_start_from_any_photo_of_a_product(client, shop, embed):
    make_product(sku="green", photo=make_photo_bytes((20, 250, 20)))
    embed()
    cover, lime = shop["navy"].images.all()
    assert skus(post_search(client, product="navy", image=lime.pk))[0] == "green"
    assert skus(post_search(client, product="navy", image=cover.pk))[0] == "blue"
    assert skus(post_search(client, product="navy"))[0] == "blue"


def test_a_result_names_its_nearest_photo(client, shop):
    best = post_search(client, photo=LIME).json()["results"][0]
    assert best["product"]["sku"] == "navy"
    assert best["photo"]["id"] == shop["navy"].images.all()[1].pk
    page = client.post("/search/", {"photo": upload(LIME)}, follow=True)
    assert "Photo 2 of 2" in page.text


def test_a_box_ignores_the_rest_of_the_picture(client, shop):
    whole = post_search(client, photo=RED).json()["results"][0]
    part = post_search(client, photo=two_garments(), box="0,0,0.5,1").json()["results"][
        0
    ]
    assert part["product"]["sku"] == whole["product"]["sku"] == "red"
    assert part["distance"] == pytest.approx(whole["distance"], abs=1e-3)
    assert part["band"] == "same item"


def test_words_move_the_results_of_a_photo(client, shop):
    photo = make_photo_bytes("navy")
    assert skus(post_search(client, photo=photo))[:2] == ["navy", "blue"]
    moved = post_search(client, photo=photo, words="red")
    assert set(skus(moved)[:3]) == {"red", "pink", "hat"}  # all of red colour
    assert moved.json()["by_words"] == 3
    query = moved.json()["query"]
    assert skus(client.get(f"{SEARCH}{query}/")) == skus(
        post_search(client, photo=photo)
    )
    again = client.get(f"{SEARCH}{query}/?words=red")
    assert skus(again) == skus(moved)


def test_words_without_results_leave_those_of_the_photo(client, shop):
    answer = post_search(client, photo=RED, words="zeppelin")
    assert answer.json()["by_words"] == 0
    assert skus(answer) == skus(post_search(client, photo=RED))
    page = client.post(
        "/search/", {"photo": upload(RED), "words": "zeppelin"}, follow=True
    )
    assert "No product has the words “zeppelin”." in page.text


def test_words_find_products_beyond_the_last_band(client, shop, fake_encoder, near):
    answer = post_search(client, photo=RED, words="navy").json()
    found = {result["product"]["sku"]: result for result in answer["results"]}
    assert {"red", "navy"} <= found.keys() and not {"pink", "hat"} & found.keys()
    assert found["navy"]["distance"] > 0.001 and found["navy"]["band"] is None
    assert found["red"]["band"] == "same item"
    assert answer["count"] == len(found)


def test_results_of_words_alone_have_no_distance(client, shop):
    make_product(sku="bare", title="Dress without a photo")
    fresh = make_product(sku="fresh", title="Dress not looked at", photo=True)
    answer = post_search(client, words="dress").json()
    found = {result["product"]["sku"]: result for result in answer["results"]}
    assert found.keys() == {"red", "pink", "navy", "blue", "bare", "fresh"}
    assert {result["distance"] for result in found.values()} == {None}
    assert {result["band"] for result in found.values()} == {None}
    assert found["bare"]["photo"] is None
    assert found["fresh"]["photo"]["id"] == fresh.cover.pk
    beside = post_search(client, words="dress", photo=RED).json()
    distances = {m["product"]["sku"]: m["distance"] for m in beside["results"]}
    assert distances["bare"] is distances["fresh"] is None
    assert distances["red"] is not None
    assert "bare" in on_page(client, words="dress")


def test_dislikes_reorder_the_results_of_words(client, shop):
    moved = post_search(client, words="dress", dislike="navy")
    assert sorted(skus(moved)) == ["blue", "pink", "red"]
    away = post_search(client, words="dress", dislike=["red", "pink"])
    assert skus(away)[0] != skus(moved)[0] or skus(away) != skus(moved)
    assert {result["distance"] for result in moved.json()["results"]} == {None}


def test_likes_come_nearer_and_dislikes_disappear(client, shop):
    first = post_search(client, photo=RED).json()
    address = f"{SEARCH}{first['query']}/"
    before, moved = (
        {m["product"]["sku"]: m["distance"] for m in answer["results"]}
        for answer in (first, client.get(f"{address}?like=blue").json())
    )
    assert moved["blue"] < before["blue"] and moved["red"] > before["red"]
    gone = skus(client.get(f"{address}?dislike=pink&dislike=hat"))
    assert gone[0] == "red" and not {"pink", "hat"} & set(gone)


def test_a_dislike_does_not_change_distances(client, shop):
    first = post_search(client, photo=RED).json()
    distances = {m["product"]["sku"]: m["distance"] for m in first["results"]}
    moved = client.get(f"{SEARCH}{first['query']}/?dislike=blue").json()
    for result in moved["results"]:
        assert result["distance"] == pytest.approx(distances[result["product"]["sku"]])


def test_a_search_can_start_from_a_product_without_a_vector(client, shop):
    make_product(sku="fresh", photo=make_photo_bytes((250, 5, 5)))
    assert not Embedding.objects.filter(image__product__sku="fresh").exists()
    assert skus(post_search(client, product="fresh"))[0] == "red"
    assert skus(post_search(client, like="fresh"))[0] == "red"


@pytest.fixture
def near(monkeypatch, fake_encoder):
    """Give the encoder one narrow band."""
    network = start.network_of(fake_encoder)
    monkeypatch.setattr(type(network), "bands", [("same item", 0.001)])


def test_no_products_within_the_bands_is_an_empty_complete_answer(client, shop, near):
    odd = {"photo": make_photo_bytes("yellow")}
    answer = post_search(client, **odd).json()
    assert (answer["results"], answer["count"], answer["complete"]) == ([], 0, True)
    assert answer["next"] is None
    page = client.post("/search/", {"photo": upload(odd["photo"])}, follow=True)
    assert "Nothing in the shop looks like this." in page.text
    assert "Crop the picture closer" in page.text
    assert skus(post_search(client, photo=RED)) == ["red"]
    assert post_search(client, photo=RED, page_size=1).json()["count"] == 1


def test_pages_of_a_mixed_search_neither_repeat_nor_skip(client, shop, embed):
    for n in range(20):
        colour = (250 - n, n, n)
        make_product(sku=f"x{n}", title="Red thing", photo=make_photo_bytes(colour))
    embed()
    form = {"photo": RED, "words": "red", "like": "pink", "dislike": "hat"}
    whole = skus(post_search(client, **form, page_size=100))
    page = post_search(client, **form, page_size=7)
    found = skus(page)
    make_product(sku="late", title="Red red red", photo=RED)
    embed()
    while page.json()["next"]:
        page = client.get(page.json()["next"])
        found += skus(page)
    assert found == whole and len(whole) == len(set(whole)) == 24


def test_refining_needs_no_new_upload_until_the_search_expires(client, shop):
    query = post_search(client, photo=RED).json()["query"]
    for refinement in [
        "words=red",
        "like=pink",
        "dislike=pink",
        "category=hat",
        "page=1",
    ]:
        assert client.get(f"{SEARCH}{query}/?{refinement}").status_code == 200
        assert client.get(f"/search/{query}/?{refinement}").status_code == 200
    cache.clear()
    over = client.get(f"/search/{query}/?words=red&like=pink")
    assert over.status_code == 410
    hidden = {
        (tag.get("name"), tag.get("value"))
        for tag in outline(over.text)
        if tag.name == "input" and tag.get("name") in ("words", "like")
    }
    assert hidden == {("words", "red"), ("like", "pink")}


def test_the_address_of_the_results_keeps_the_refinement(client, shop):
    form = {"photo": upload(RED), "words": "red", "like": "pink", "category": "hat"}
    answer = client.post("/search/", form)
    assert answer.status_code == 303
    assert answer.url.endswith("/?category=hat&words=red&like=pink")


def test_the_form_can_start_from_a_products_photo(client, shop):
    lime = shop["navy"].images.all()[1]
    page = client.get(f"/search/?product=navy&image={lime.pk}")
    form = " ".join(page.text.split())
    assert f'name="image" value="{lime.pk}"' in form
    assert 'name="product" value="navy"' in form
    assert client.get("/search/?product=nobody").status_code == 404
    for odd in ["image=x", "image=1", "box=0,0,1,1"]:
        assert client.get(f"/search/?{odd}").status_code == 400


@pytest.mark.parametrize(
    ("form", "most"),
    [
        ({"photo": RED}, 3),
        ({"product": "red"}, 4),
        ({"words": "dress"}, 5),
        ({"photo": RED, "words": "dress", "like": ["pink", "blue"]}, 7),
    ],
)
def test_a_search_costs_the_same_queries_however_many(client, shop, embed, form, most):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            skus(post_search(client, **form, page_size=2))
        return len(captured)

    queries()  # notes what stays
    few = queries()
    for number in range(12):
        photo = make_photo_bytes((255, number * 9, 0))
        make_product(title="Orange dress", photo=photo)
    embed()
    assert queries() == few <= most


def test_a_search_outlives_the_product_it_started_from(client, shop):
    query = post_search(client, product="red").json()["query"]
    page = client.get(f"/search/{query}/")
    assert page.context["start_picture"].product.sku == "red"
    shop["red"].delete()
    assert skus(client.get(f"{SEARCH}{query}/?in_stock=true"))[0] == "pink"
    page = client.get(f"/search/{query}/")
    assert page.status_code == 200 and page.context["start_picture"] is None


def test_a_query_cannot_be_guessed(client, shop):
    ids = {post_search(client, photo=RED).json()["query"] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(urlsafe_b64decode(f"{each}==")) == 16 for each in ids)
