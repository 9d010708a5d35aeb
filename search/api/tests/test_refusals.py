"""Searches that are refused, each with the name of the field or limit."""

import pytest

from catalog.api.tests.answers import field_errors
from catalog.models import Product
from catalog.photos.remote import AddressError
from catalog.tests.factories import make_product
from ml import preprocess
from ml.photo.memory import MemoryBudget
from ml.preprocess import MAX_BYTES
from search.query import start
from search.tests.shop import (
    RED,
    SEARCH,
    make_garments,
    post_search,
    problem,
    skus,
    upload,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(embed):
    return make_garments(embed)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, {"photo": "required"}),
        ({"words": "  "}, {"photo": "required"}),
        ({"dislike": "red"}, {"photo": "required"}),
        ({"product": "nobody"}, {"product": "unknown_product"}),
        ({"product": "draft"}, {"product": "unknown_product"}),
        ({"product": "bare"}, {"product": "no_photo"}),
        ({"product": "x" * 65}, {"product": "max_length"}),
        ({"product": "red", "image": 0}, {"image": "unknown_image"}),
        ({"product": "red", "image": "x"}, {"image": "invalid"}),
        ({"image": 1, "photo": RED}, {"image": "missing_parameter"}),
        ({"words": "dress", "box": "0,0,1,1"}, {"box": "invalid_box"}),
        (
            {"photo": RED, "product": "red", "box": "0,0,1,1"},
            {"box": "invalid_box"},
        ),
        ({"photo": RED, "box": "0,0,1"}, {"box": "invalid_box"}),
        ({"photo": RED, "box": "a,b,c,d"}, {"box": "invalid_box"}),
        ({"photo": RED, "box": "0,0,1,1,1"}, {"box": "invalid_box"}),
        ({"photo": RED, "box": "0,0,2,1"}, {"box": "invalid_box"}),
        ({"photo": RED, "box": "-0.1,0,1,1"}, {"box": "invalid_box"}),
        ({"photo": RED, "box": "nan,0,1,1"}, {"box": "invalid_box"}),
        ({"photo": RED, "box": "0,0,inf,1"}, {"box": "invalid_box"}),
        ({"photo": RED, "box": "0.5,0,0.5,1"}, {"box": "invalid_box"}),
        ({"photo": RED, "box": "0.9,0,0.1,1"}, {"box": "invalid_box"}),
        ({"photo": RED, "box": "0,0,0.01,1"}, {"box": "invalid_box"}),
        ({"photo": RED, "like": "nobody"}, {"like": "unknown_product"}),
        ({"photo": RED, "dislike": "draft"}, {"dislike": "unknown_product"}),
        ({"photo": RED, "like": "bare"}, {"like": "no_photo"}),
        ({"photo": RED, "like": "red", "dislike": "red"}, {"dislike": "conflict"}),
        ({"photo": RED, "like": [f"s{n}" for n in range(21)]}, {"like": "too_many"}),
        ({"words": "x" * 10_000}, {"words": "max_length"}),
        ({"photo": RED, "page_size": 0}, {"page_size": "min_value"}),
        ({"photo": RED, "page_size": 10_000}, {"page_size": "max_value"}),
        ({"photo": RED, "k": 5}, {"k": "unknown_parameter"}),
    ],
)
def test_invalid_fields_are_named(client, shop, form, error):
    make_product(sku="draft", status="draft", photo=True)
    make_product(sku="bare")
    form = {n: upload(v) if isinstance(v, bytes) else v for n, v in form.items()}
    assert field_errors(client.post(SEARCH, form)) == error
    form = {n: upload(RED) if n == "photo" else v for n, v in form.items()}
    if error.keys() <= {"photo", "box", "product", "image", "words", "like", "dislike"}:
        page = client.post("/search/", form)
        assert page.status_code == 422
        assert 'id="photo-form"' in page.text


def test_an_unreadable_photo_of_a_product_is_a_problem(client, shop):
    image = shop["red"].images.get()
    image.file.storage.delete(image.file.name)
    answer = post_search(client, product="red", box="0,0,1,0.5")
    assert field_errors(answer) == {"product": "unreadable_photo"}
    assert skus(post_search(client, product="red"))[0] == "pink"


def test_a_liked_product_that_goes_is_named(client, shop):
    query = post_search(client, photo=RED).json()["query"]
    Product.objects.filter(sku="pink").update(status="archived")
    answer = client.get(f"{SEARCH}{query}/?like=pink")
    assert field_errors(answer) == {"like": "unknown_product"}
    assert "pink" in answer.json()["detail"]
    assert client.get(f"/search/{query}/?like=pink").status_code == 404


def test_a_search_of_words_alone_needs_them_in_its_address(client, shop):
    first = post_search(client, words="dress", page_size=2).json()
    assert "words=dress" in first["next"]
    assert len(skus(client.get(first["next"]))) == 2
    bare = client.get(f"{SEARCH}{first['query']}/")
    assert field_errors(bare) == {"words": "required"}
    assert client.get(f"/search/{first['query']}/").status_code == 400
    assert skus(client.get(f"{SEARCH}{first['query']}/?like=red"))[0] == "red"


@pytest.mark.parametrize(
    "words",
    [
        "'; DROP TABLE catalog_product; --",
        "red & | ! <-> :* (",
        '"unclosed',
        "\\'\\",
        "%_%",
        "-dress",
        "' OR 1=1",
        "\u202e\ud7ff",
    ],
)
def test_syntax_in_words_is_text(client, shop, words):
    assert post_search(client, photo=RED, words=words).status_code == 200
    assert Product.objects.count() == 5
    page = client.post("/search/", {"photo": upload(RED), "words": words}, follow=True)
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("code", "status"),
    [("addresses_off", 422), ("private_address", 422), ("too_large", 413)],
)
def test_an_address_without_a_photo_is_a_problem(
    client, shop, monkeypatch, code, status
):
    def refuse(address: str) -> bytes:
        raise AddressError(code, "No photo comes from there.")

    monkeypatch.setattr(start, "fetch_photo", refuse)
    assert problem(post_search(client, address="http://127.0.0.1/")) == (status, code)
    page = client.post("/search/", {"address": "http://127.0.0.1/"})
    assert page.status_code == 422
    assert "No photo comes from there." in page.text


def test_addresses_are_off_unless_the_shop_wants_them(client, shop):
    answer = post_search(client, address="https://photos.example/a.jpg")
    assert problem(answer) == (422, "addresses_off")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<html>", (422, "unsupported")),
        (b"\xff\xd8\xff" + bytes(MAX_BYTES), (413, "too_large")),
    ],
)
def test_the_body_at_an_address_must_be_a_photo(
    client, shop, monkeypatch, data, expected
):
    monkeypatch.setattr(start, "fetch_photo", lambda _: data)
    assert (
        problem(post_search(client, address="https://photos.example/a.jpg")) == expected
    )


def test_a_search_is_told_to_come_again_while_others_are_decoded(
    client, shop, monkeypatch
):
    memory = MemoryBudget(1)
    monkeypatch.setattr(preprocess, "_memory", memory)
    monkeypatch.setattr(start, "WEB_WAIT_S", 0)
    client.raise_request_exception = False
    with memory.reserve(1, wait_s=0):
        answer = post_search(client, photo=RED)
        page = client.post("/search/", {"photo": upload(RED)})
    assert problem(answer) == (503, "unavailable")
    assert page.status_code == 503
    assert int(answer["Retry-After"]) > 0 and int(page["Retry-After"]) > 0
    assert post_search(client, photo=RED).status_code == 200
