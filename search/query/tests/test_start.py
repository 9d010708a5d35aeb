"""Every way to ask: photo, crop, product, address, words, likes, and any mix."""

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
from search.tests.shop import LIME, RED, SEARCH, ask, make_garments, skus, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(embed):
    return make_garments(embed)


@pytest.fixture
def address(monkeypatch) -> str:
    """Leads to a blue photo, whoever fetches it."""
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
    return [match.product.sku for match in page.context["matches"]]


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
def test_page_and_api_answer_every_mix_alike(client, shop, address, form, best):
    if form.get("address"):
        form = form | {"address": address}
    answer = ask(client, **form)
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
        assert "red" not in skus(ask(client, **form))
    first = ask(client, product="red").json()
    refined = client.get(f"{SEARCH}{first['query']}/?words=red")
    assert skus(refined)[0] == "hat" and "red" not in skus(refined)


def test_a_product_is_asked_by_the_vector_that_is_kept(client, shop, monkeypatch):
    monkeypatch.setattr(start, "read_photo", None)
    assert skus(ask(client, product="red"))[0] == "pink"


def test_one_photo_of_several_can_be_asked_with(client, shop, embed):
    make_product(sku="green", photo=make_photo_bytes((20, 250, 20)))
    embed()
    cover, lime = shop["navy"].images.all()
    assert skus(ask(client, product="navy", image=lime.pk))[0] == "green"
    assert skus(ask(client, product="navy", image=cover.pk))[0] == "blue"
    assert skus(ask(client, product="navy"))[0] == "blue"


def test_the_matched_photo_is_named_and_counted(client, shop):
    best = ask(client, photo=LIME).json()["results"][0]
    assert best["product"]["sku"] == "navy"
    assert best["photo"]["id"] == shop["navy"].images.all()[1].pk
    page = client.post("/search/", {"photo": upload(LIME)}, follow=True)
    assert "Photo 2 of 2" in page.text


def test_a_crop_sees_nothing_of_the_rest(client, shop):
    whole = ask(client, photo=RED).json()["results"][0]
    part = ask(client, photo=two_garments(), box="0,0,0.5,1").json()["results"][0]
    assert part["product"]["sku"] == whole["product"]["sku"] == "red"
    assert part["distance"] == pytest.approx(whole["distance"], abs=1e-3)
    assert part["band"] == "same item"


def test_words_move_what_looks_alike(client, shop):
    photo = make_photo_bytes("navy")
    assert skus(ask(client, photo=photo))[:2] == ["navy", "blue"]
    moved = ask(client, photo=photo, words="red")
    assert set(skus(moved)[:3]) == {"red", "pink", "hat"}  # all of red colour
    assert moved.json()["by_words"] == 3
    query = moved.json()["query"]
    assert skus(client.get(f"{SEARCH}{query}/")) == skus(ask(client, photo=photo))
    again = client.get(f"{SEARCH}{query}/?words=red")
    assert skus(again) == skus(moved)


def test_words_that_nothing_has_leave_the_looks(client, shop):
    answer = ask(client, photo=RED, words="zeppelin")
    assert answer.json()["by_words"] == 0
    assert skus(answer) == skus(ask(client, photo=RED))
    page = client.post(
        "/search/", {"photo": upload(RED), "words": "zeppelin"}, follow=True
    )
    assert "No product has the words “zeppelin”." in page.text


def test_words_find_what_looks_unlike_and_say_so(client, shop, fake_encoder, near):
    answer = ask(client, photo=RED, words="navy").json()
    found = {match["product"]["sku"]: match for match in answer["results"]}
    assert {"red", "navy"} <= found.keys() and not {"pink", "hat"} & found.keys()
    assert found["navy"]["distance"] > 0.001 and found["navy"]["band"] is None
    assert found["red"]["band"] == "same item"
    assert answer["count"] == len(found)


def test_words_alone_tell_no_distance(client, shop):
    make_product(sku="bare", title="Dress without a photo")
    fresh = make_product(sku="fresh", title="Dress not looked at", photo=True)
    answer = ask(client, words="dress").json()
    found = {match["product"]["sku"]: match for match in answer["results"]}
    assert found.keys() == {"red", "pink", "navy", "blue", "bare", "fresh"}
    assert {match["distance"] for match in found.values()} == {None}
    assert {match["band"] for match in found.values()} == {None}
    assert found["bare"]["photo"] is None
    assert found["fresh"]["photo"]["id"] == fresh.cover.pk
    beside = ask(client, words="dress", photo=RED).json()
    told = {m["product"]["sku"]: m["distance"] for m in beside["results"]}
    assert told["bare"] is told["fresh"] is None and told["red"] is not None
    assert "bare" in on_page(client, words="dress")


def test_dislikes_move_what_words_found_and_add_nothing(client, shop):
    moved = ask(client, words="dress", dislike="navy")
    assert sorted(skus(moved)) == ["blue", "pink", "red"]
    away = ask(client, words="dress", dislike=["red", "pink"])
    assert skus(away)[0] != skus(moved)[0] or skus(away) != skus(moved)
    assert {match["distance"] for match in moved.json()["results"]} == {None}


def test_a_like_brings_nearer_and_a_dislike_goes(client, shop):
    first = ask(client, photo=RED).json()
    address = f"{SEARCH}{first['query']}/"
    told, moved = (
        {m["product"]["sku"]: m["distance"] for m in answer["results"]}
        for answer in (first, client.get(f"{address}?like=blue").json())
    )
    assert moved["blue"] < told["blue"] and moved["red"] > told["red"]
    gone = skus(client.get(f"{address}?dislike=pink&dislike=hat"))
    assert gone[0] == "red" and not {"pink", "hat"} & set(gone)


def test_a_dislike_does_not_change_how_close_things_are(client, shop):
    first = ask(client, photo=RED).json()
    told = {m["product"]["sku"]: m["distance"] for m in first["results"]}
    moved = client.get(f"{SEARCH}{first['query']}/?dislike=blue").json()
    for match in moved["results"]:
        assert match["distance"] == pytest.approx(told[match["product"]["sku"]])


def test_what_is_not_looked_at_yet_can_be_asked_with(client, shop):
    make_product(sku="fresh", photo=make_photo_bytes((250, 5, 5)))
    assert not Embedding.objects.filter(image__product__sku="fresh").exists()
    assert skus(ask(client, product="fresh"))[0] == "red"
    assert skus(ask(client, like="fresh"))[0] == "red"


@pytest.fixture
def near(monkeypatch, fake_encoder):
    """An encoder that calls nothing similar but the same item."""
    network = start.network_of(fake_encoder)
    monkeypatch.setattr(type(network), "bands", [("same item", 0.001)])


def test_nothing_in_the_bands_is_an_empty_complete_answer(client, shop, near):
    odd = {"photo": make_photo_bytes("yellow")}
    answer = ask(client, **odd).json()
    assert (answer["results"], answer["count"], answer["complete"]) == ([], 0, True)
    assert answer["next"] is None
    page = client.post("/search/", {"photo": upload(odd["photo"])}, follow=True)
    assert "Nothing in the shop looks like this." in page.text
    assert "Cut the picture closer" in page.text
    assert skus(ask(client, photo=RED)) == ["red"]
    assert ask(client, photo=RED, page_size=1).json()["count"] == 1


def test_pages_of_any_mix_neither_repeat_nor_skip(client, shop, embed):
    for n in range(20):
        colour = (250 - n, n, n)
        make_product(sku=f"x{n}", title="Red thing", photo=make_photo_bytes(colour))
    embed()
    form = {"photo": RED, "words": "red", "like": "pink", "dislike": "hat"}
    whole = skus(ask(client, **form, page_size=100))
    page = ask(client, **form, page_size=7)
    found = skus(page)
    make_product(sku="late", title="Red red red", photo=RED)
    embed()
    while page.json()["next"]:
        page = client.get(page.json()["next"])
        found += skus(page)
    assert found == whole and len(whole) == len(set(whole)) == 24


def test_nothing_needs_a_new_upload_until_the_hour_is_over(client, shop):
    query = ask(client, photo=RED).json()["query"]
    for wish in ["words=red", "like=pink", "dislike=pink", "category=hat", "page=1"]:
        assert client.get(f"{SEARCH}{query}/?{wish}").status_code == 200
        assert client.get(f"/search/{query}/?{wish}").status_code == 200
    cache.clear()
    over = client.get(f"/search/{query}/?words=red&like=pink")
    assert over.status_code == 410
    hidden = {
        (tag.get("name"), tag.get("value"))
        for tag in outline(over.text)
        if tag.name == "input" and tag.get("name") in ("words", "like")
    }
    assert hidden == {("words", "red"), ("like", "pink")}


def test_the_page_keeps_what_refines_a_search(client, shop):
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
            skus(ask(client, **form, page_size=2))
        return len(captured)

    queries()  # notes what stays
    few = queries()
    for number in range(12):
        photo = make_photo_bytes((255, number * 9, 0))
        make_product(title="Orange dress", photo=photo)
    embed()
    assert queries() == few <= most


def test_a_product_that_goes_leaves_the_search_it_began(client, shop):
    query = ask(client, product="red").json()["query"]
    page = client.get(f"/search/{query}/")
    assert page.context["asked_with"].product.sku == "red"
    shop["red"].delete()
    assert skus(client.get(f"{SEARCH}{query}/?in_stock=true"))[0] == "pink"
    page = client.get(f"/search/{query}/")
    assert page.status_code == 200 and page.context["asked_with"] is None


def test_a_query_cannot_be_guessed(client, shop):
    ids = {ask(client, photo=RED).json()["query"] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(urlsafe_b64decode(f"{each}==")) == 16 for each in ids)
