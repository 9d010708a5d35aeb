"""What products in lists have on request."""

import pytest

from catalog.api.listed.parameters import SPARSE
from catalog.api.products import ProductListView
from catalog.api.tests.answers import assert_described, field_errors
from catalog.tests.factories import make_photo_bytes, make_product

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/v1/products/"


def test_products_are_expanded(client, django_assert_num_queries):
    for colour in ("navy", "red"):
        make_product(
            sku=colour,
            colour=colour,
            group="wrap",
            description="Cotton",
            photo=make_photo_bytes(colour),
        )
    make_product(sku="alone", photo=True)
    plain = client.get(PRODUCTS).json()["results"][0]
    names = ("description", "photos", "variants", "other_colours")
    assert {plain[name] for name in names} == {None}
    query = "&".join(f"expand={name}" for name in names)
    # Count, products and photos; variants; products of the groups and their photos.
    with django_assert_num_queries(6):
        answer = client.get(f"{PRODUCTS}?{query}")
    assert_described(ProductListView.Output, answer.json())
    alone, red, navy = answer.json()["results"]
    assert (red["description"], alone["other_colours"]) == ("Cotton", [])
    assert [each["colour"] for each in red["other_colours"]] == ["navy"]
    assert [each["sku"] for each in navy["other_colours"]] == ["red"]
    assert red["photos"][0]["id"] == red["cover"]["id"]
    wrong = client.get(f"{PRODUCTS}?expand=reviews")
    assert field_errors(wrong) == {"expand": "invalid_choice"}


def test_chosen_attributes_are_alone(client):
    make_product(sku="a")
    answer = client.get(f"{PRODUCTS}?attributes=sku&attributes=price")
    assert answer.headers["Content-Type"] == SPARSE
    assert [each.keys() for each in answer.json()["results"]] == [{"sku", "price"}]
    assert answer.json()["count"] == 1
    wrong = client.get(f"{PRODUCTS}?attributes=secret")
    assert field_errors(wrong) == {"attributes": "invalid_choice"}


def test_photos_have_renditions_for_every_width_and_colours(client):
    make_product(photo=make_photo_bytes("red", size=(900, 900)))
    photo = client.get(PRODUCTS).json()["results"][0]["cover"]
    measured = [(each["width"], each["height"]) for each in photo["renditions"]]
    assert measured == [(n, n) for n in (160, 320, 480, 800, 900)]
    assert photo["renditions"][2]["url"] == photo["thumbnails"]["card"]
    assert photo["colours"] == ["red"]


def test_words_found_are_marked(client):
    make_product(
        title="Navy wrap dresses & <more>",
        brand="Dresser",
        description=f"{'Soft cotton. ' * 40}A dress for summer. {'Wash cold. ' * 40}",
    )
    assert client.get(f"{PRODUCTS}?q=dress").json()["results"][0]["highlights"] is None
    query = f"{PRODUCTS}?q=dress -hat wrap&highlight=true"
    (product,) = client.get(query).json()["results"]
    marked = product["highlights"]
    assert marked["title"] == (
        "Navy <mark>wrap</mark> <mark>dresses</mark> &amp; &lt;more&gt;"
    )
    assert marked["brand"] == "Dresser"
    assert "A <mark>dress</mark> for summer." in marked["description"]
    assert marked["description"].startswith("… ")
    assert marked["description"].endswith(" …")
    assert len(marked["description"]) < 250
