import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.api.tests.answers import assert_described, field_errors
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from search.api import examples
from search.api.goes_with import GoesWithView
from search.api.recommendations import RecommendationsView
from search.events.list_ids import find_origins
from search.models import Encoder
from search.tests.shop import problem, skus

pytestmark = pytest.mark.django_db
LOOKED = "/api/v1/recommendations/"
WORN = "/api/v1/products/coat/goes-with/"


@pytest.fixture
def shop(embed):
    """A black coat, six shoes and six trousers of greys, and a bag."""
    cache.clear()

    def put(category: str, shade: int, **fields):
        photo = make_photo_bytes((shade, shade, shade))
        made = make_category(category.title(), category)
        return make_product(category=made, photo=photo, **fields)

    put("outwear", 5, sku="coat")
    put("bag", 5, sku="bag")
    for n in range(6):
        put("shoes", 10 + 20 * n, sku=f"shoes-{n}")
        put("pants", 10 + 20 * n, sku=f"pants-{n}")
    embed()
    return put


def test_goes_with_lists_one_kind_after_another(client, shop):
    response = client.get(WORN)
    kinds = [sku.split("-")[0] for sku in skus(response)]
    assert kinds == ["pants", "shoes", "pants", "shoes"]
    assert response.json()["encoder"] == "fake-1"
    assert "public" in response.headers["Cache-Control"]
    assert len(skus(client.get(f"{WORN}?limit=1"))) == 1
    assert skus(client.get("/api/v1/products/bag/goes-with/")) == []


@pytest.mark.parametrize("limit", ["0", "9", "x", ""])
def test_outfits_are_bounded(client, shop, limit):
    assert field_errors(client.get(f"{WORN}?limit={limit}")).keys() == {"limit"}


def test_goes_with_an_unknown_product_is_not_found(client, shop):
    for sku in ("never-was", make_product(status="draft").sku):
        response = client.get(f"/api/v1/products/{sku}/goes-with/")
        assert problem(response) == (404, "product_not_found")


def test_recommendations_are_because_of_the_products_given(client, shop):
    response = client.get(f"{LOOKED}?product=shoes-0&product=gone&product=pants-0")
    body = response.json()
    assert body["because"] == ["shoes-0", "pants-0"]
    assert not {"shoes-0", "pants-0"} & set(skus(response))
    assert len(skus(response)) == len(set(skus(response))) > 2
    assert all(match["band"] for match in body["results"])
    assert len(skus(client.get(f"{LOOKED}?product=shoes-0&limit=2"))) == 2


def test_recommendations_because_of_nothing_known_are_none(client, shop):
    body = client.get(f"{LOOKED}?product=gone&product=gone").json()
    assert (body["because"], body["results"]) == ([], [])


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("", "product"),
        ("?product=" + "x" * 65, "product"),
        ("?" + "&".join(f"product={n}" for n in range(11)), "product"),
        ("?product=a&limit=0", "limit"),
        ("?product=a&limit=49", "limit"),
        ("?product=a&person=me", "person"),
    ],
)
def test_invalid_parameters_are_refused(client, shop, query, where):
    assert field_errors(client.get(f"{LOOKED}{query}")).keys() == {where}


def test_each_answer_names_a_list(client, shop):
    coat = client.get(WORN).json()["query"]
    looked = client.get(f"{LOOKED}?product=coat").json()["query"]
    lists = find_origins([coat, looked])
    assert (lists[coat].listing, lists[looked].listing) == ("goes_with", "looked_at")
    assert lists[looked].asked_from is None


def test_answers_cost_the_same_queries_however_many_products(client, shop, embed):
    addresses = [WORN, f"{LOOKED}?product=coat", f"{LOOKED}?product=coat&limit=40"]

    def queries() -> list[int]:
        found = []
        for address in addresses:
            client.get(address)  # finds what is kept for a while
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            found.append(len(captured))
        return found

    few = queries()
    for n in range(12):
        shop("shoes", 7 + 9 * n)
    embed()
    cache.clear()
    assert queries() == few
    assert max(few) <= 6


def test_without_an_encoder_they_are_unavailable(client, shop):
    Encoder.objects.update(state="ready")
    for address in (WORN, f"{LOOKED}?product=coat"):
        assert problem(client.get(address)) == (503, "no_encoder")


def test_answers_and_examples_are_as_the_schema_says(client, shop):
    viewed = client.get(f"{LOOKED}?product=coat&product=bag").json()
    for output, answer in [
        (GoesWithView.Output, client.get(WORN).json()),
        (GoesWithView.Output, examples.goes_with_example()),
        (RecommendationsView.Output, viewed),
        (RecommendationsView.Output, examples.recommendations_example()),
    ]:
        assert answer["results"]
        assert_described(output, answer)
