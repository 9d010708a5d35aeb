"""Weights and named colours in the API."""

import pytest

from catalog.api.tests.answers import field_errors
from catalog.tests.factories import make_product
from search.tests.garments import photo_of
from search.tests.shop import SEARCH, post_search, skus

DRESS = photo_of("dress", (210, 20, 20))
SIMILAR = "/api/v1/products/red-dress/similar/"


def test_a_search_takes_weights_and_a_named_colour(client, garment_shop):
    assert skus(post_search(client, photo=DRESS)) == ["red-dress", "red-skirt"]
    weighed = post_search(client, photo=DRESS, weights=["colour:0", "kind:2"])
    assert set(skus(weighed)) == {"red-dress", "blue-dress"}
    assert weighed.json()["close_enough"]
    assert {each["band"] for each in weighed.json()["results"]} == {None}
    assert skus(post_search(client, photo=DRESS, in_colour="blue"))[0] == "blue-dress"


def test_results_say_why(client, garment_shop):
    results = post_search(client, photo=DRESS).json()["results"]
    assert [each["why"] for each in results] == [
        ["same kind", "same colour"],
        ["same colour"],
    ]


def test_a_kept_search_is_weighed_and_its_pages_keep_the_weights(client, garment_shop):
    query = post_search(client, photo=DRESS).json()["query"]
    address = f"{SEARCH}{query}/?weights=colour:0&page_size=1"
    first = client.get(address).json()
    assert "weights=colour%3A0" in first["next"]
    pages = [first, client.get(first["next"]).json()]
    found = {page["results"][0]["product"]["sku"] for page in pages}
    assert found == {"red-dress", "blue-dress"}
    blue = client.get(f"{SEARCH}{query}/?in_colour=blue&page_size=1")
    assert skus(blue) == ["blue-dress"]


def test_similar_products_take_weights_and_a_named_colour(client, garment_shop):
    assert skus(client.get(SIMILAR)) == ["red-skirt", "blue-dress"]
    weighed = client.get(f"{SIMILAR}?weights=colour:0")
    assert skus(weighed) == ["blue-dress", "red-skirt"]
    assert weighed.json()["results"][0]["why"] == ["same kind"]
    assert skus(client.get(f"{SIMILAR}?in_colour=blue"))[0] == "blue-dress"


def test_similar_products_say_whether_any_is_close(client, garment_shop):
    assert client.get(SIMILAR).json()["close_enough"]
    assert not client.get(SIMILAR.replace("red", "blue")).json()["close_enough"]


@pytest.mark.parametrize(
    ("parameters", "errors"),
    [
        ({"weights": "cut:2"}, {"weights": "unknown_part"}),
        ({"weights": "colour:nan"}, {"weights": "invalid_weight"}),
        ({"weights": ["colour:0", "kind:0"]}, {"weights": "invalid_weight"}),
        ({"weights": "x" * 81}, {"weights": "max_length"}),
        ({"in_colour": "mauve"}, {"in_colour": "unknown_colour"}),
        ({"in_colour": "x" * 81}, {"in_colour": "max_length"}),
        ({"in_colour": ["red", "blue"]}, {"in_colour": "multiple_values"}),
        ({"in_colour": "red", "weights": "colour:0"}, {"in_colour": "conflict"}),
    ],
)
def test_wrong_weights_are_refused_everywhere(client, garment_shop, parameters, errors):
    query = post_search(client, photo=DRESS).json()["query"]
    for answer in (
        post_search(client, photo=DRESS, **parameters),
        client.get(f"{SEARCH}{query}/", parameters),
        client.get(SIMILAR, parameters),
    ):
        assert answer.status_code == 400
        assert field_errors(answer) == errors


def test_empty_weights_mean_none(client, garment_shop):
    empty = {"weights": "", "in_colour": ""}
    assert post_search(client, photo=DRESS, **empty).json()["results"][0]["band"]
    assert client.get(SIMILAR, empty).json()["results"][0]["band"]


def test_an_encoder_without_parts_refuses_weights(client, embed):
    make_product(sku="red-dress", photo=DRESS)
    embed()
    for parameters in ({"weights": "colour:0"}, {"in_colour": "red"}):
        assert post_search(client, photo=DRESS, **parameters).status_code == 400
        assert client.get(SIMILAR, parameters).status_code == 400
    assert post_search(client, photo=DRESS).json()["results"][0]["why"] == []
