"""Garments found in a photo, in the API."""

import pytest

from catalog.api.tests.answers import field_errors
from catalog.tests.factories import make_product
from ml.encoder import Finding, Garment
from search.tests.garments import photo_of
from search.tests.shop import SEARCH, post_search, problem

DRESS = photo_of("dress", (210, 20, 20))


@pytest.fixture
def shop(garment_network, embed):
    make_product(sku="red", photo=DRESS)
    embed()
    return garment_network


def test_an_answer_lists_the_garments_of_the_photo(client, shop):
    whole = post_search(client, photo=DRESS).json()
    assert whole["garments"] == [{"box": [0, 0, 1, 1], "share": 1}]
    shop.finding = Finding(
        (Garment((0, 0, 0.5, 1), 0.4), Garment((0.51234567, 0, 1, 1), 0.2)), 0.9
    )
    two = post_search(client, photo=DRESS).json()
    assert [each["share"] for each in two["garments"]] == [0.4, 0.2]
    assert two["garments"][1]["box"] == [0.5123, 0, 1, 1]
    second = client.get(f"{SEARCH}{two['query']}/?garment=2&page_size=1").json()
    assert second["garments"] == two["garments"]
    assert second["next"] is None
    assert post_search(client, product="red").json()["garments"] == []


@pytest.mark.parametrize(
    ("garment", "code"),
    [("2", "unknown_garment"), ("0", "min_value"), ("x", "invalid")],
)
def test_a_wrong_garment_is_refused(client, shop, garment, code):
    query = post_search(client, photo=DRESS).json()["query"]
    answer = client.get(f"{SEARCH}{query}/?garment={garment}")
    assert field_errors(answer) == {"garment": code}


def test_a_photo_without_a_garment_is_a_problem_of_its_own(client, shop):
    shop.finding = Finding((), 0.02)
    assert problem(post_search(client, photo=DRESS)) == (422, "no_garment")
    boxed = post_search(client, product="red", box="0,0,1,0.5")
    assert problem(boxed) == (422, "no_garment")
