"""Searches by words or by a product, as JSON and in the query string."""

import pytest

from catalog.api.tests.answers import field_errors
from search.tests.shop import RED, SEARCH, make_garments, problem, skus, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(embed):
    return make_garments(embed)


def post_json(client, body):
    return client.post(SEARCH, body, content_type="application/json")


def test_words_search_as_json_as_form_and_in_the_address(client):
    in_form = client.post(SEARCH, {"words": "red"})
    assert sorted(skus(in_form)) == ["hat", "pink", "red"]
    as_json = post_json(client, {"words": "red", "page_size": 1, "facets": True})
    assert (len(skus(as_json)), as_json.json()["count"]) == (1, 3)
    in_address = client.get(f"{SEARCH}?words=red")
    assert skus(in_address) == skus(in_form)
    assert in_address.headers["Cache-Control"] == "no-store"
    narrowed = {"words": "red", "category": ["hat"], "in_stock": True}
    assert skus(post_json(client, narrowed)) == ["hat"]


def test_a_product_searches_as_json_and_in_the_address(client):
    found = post_json(client, {"product": "red", "dislike": ["pink"]})
    assert "hat" in skus(found) and "pink" not in skus(found)
    in_address = client.get(f"{SEARCH}?product=red&dislike=pink")
    assert skus(in_address) == skus(found)
    more = client.get(f"{SEARCH}{found.json()['query']}/?page_size=1&page=2")
    assert len(skus(more)) == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"words": 5}, {"words": "invalid"}),
        ({"words": None}, {"words": "null"}),
        ({"words": ["red"]}, {"words": "invalid"}),
        ({"words": "red", "like": "red"}, {"like": "invalid"}),
        ({"words": "red", "like": [5]}, {"like": "invalid"}),
        ({"words": "red", "like": ["hat", None]}, {"like": "null"}),
        ({"words": [None]}, {"words": "null"}),
        ({"words": "red", "page_size": "5"}, {"page_size": "invalid"}),
        ({"words": "red", "facets": "true"}, {"facets": "invalid"}),
        ({"words": "red", "photo": "aGk="}, {"photo": "invalid"}),
        ({"words": "red", "x": {"y": 1}}, {"x": "unknown_parameter"}),
        ({}, {"photo": "required"}),
    ],
)
def test_wrong_json_is_refused_with_the_field(client, body, errors):
    assert field_errors(post_json(client, body)) == errors


@pytest.mark.parametrize("body", ["[]", "5", '"red"', "{", "[" * 10_000])
def test_json_that_is_no_object_is_refused(client, body):
    assert problem(post_json(client, body)) == (400, "parse_error")


def test_a_photo_has_no_place_in_an_address(client):
    answer = client.get(f"{SEARCH}?photo=x")
    assert field_errors(answer) == {"photo": "unknown_parameter"}
    assert field_errors(client.get(SEARCH)) == {"photo": "required"}


def test_any_search_is_ordered(client, shop):
    for number, sku in enumerate(["navy", "hat", "pink", "red", "blue"]):
        shop[sku].price_cents = 1000 + 100 * number
        shop[sku].save()
    form = {"photo": upload(RED), "ordering": "price", "page_size": 2}
    first = client.post(SEARCH, form)
    everything = skus(client.post(SEARCH, {"photo": upload(RED)}))
    cheapest = [
        sku for sku in ["navy", "hat", "pink", "red", "blue"] if sku in everything
    ]
    second = client.get(first.json()["next"])
    assert (skus(first) + skus(second))[:4] == cheapest[:4]
    assert first.json()["count"] == len(everything)
    kept = f"{SEARCH}{first.json()['query']}/"
    dearest = client.get(f"{kept}?ordering=-price")
    assert skus(dearest) == cheapest[::-1]
    assert skus(client.get(f"{kept}?ordering=relevance")) == everything
    newest = post_json(client, {"words": "red", "ordering": "-created"})
    assert skus(newest) == ["hat", "pink", "red"]
    wrong = client.get(f"{SEARCH}?words=red&ordering=random")
    assert field_errors(wrong) == {"ordering": "invalid_choice"}
