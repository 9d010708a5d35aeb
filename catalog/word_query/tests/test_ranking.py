import pytest

from catalog.models import Product
from catalog.tests.factories import make_category, make_product, paint
from catalog.tests.results import found
from catalog.words import find

pytestmark = pytest.mark.django_db


def add(title: str, **fields) -> Product:
    return make_product(**{"title": title, "brand": ""} | fields)


def test_a_phrase_comes_before_words_apart_and_titles_before_descriptions():
    add("Navy wool coat")
    add("Coat of wool, navy")
    category = make_category("Coats", "coat")
    paint(add("Navy thing", category=category, material="wool"), "navy")
    add("Thing", description="Navy wool coat " * 20)
    add("Navy wool coat with a hood")
    assert found("navy wool coat") == [
        "Navy wool coat with a hood",
        "Navy wool coat",
        "Coat of wool, navy",
        "Navy thing",
        "Thing",
    ]


def test_in_stock_comes_first_within_a_place_but_not_across():
    add("Coat", description="sold out", stock=0)
    add("Coat", description="in stock")
    add("Cape", description="A coat, in stock")
    best = [product.description for product in map(_by_pk, find("coat"))]
    assert best == ["in stock", "sold out", "A coat, in stock"]


def test_the_newest_comes_first_at_equal_rank():
    ids = [add("Coat").pk for _ in range(3)]
    assert find("coat") == ids[::-1]


@pytest.mark.parametrize(
    "words", ['"navy coat"', "navy coat -red", "navy or coat", "co"]
)
def test_every_kind_of_query_is_ranked(words):
    add("Navy coat")
    assert found(words) == ["Navy coat"]


def test_the_order_is_explained(client):
    add("Navy wool coat")
    add("Thing", description="Navy wool coat", stock=0)
    answer = client.get("/api/v1/products/?q=navy+coat&explain=true").json()
    first, second = [each["explanation"] for each in answer["results"]]
    assert (first["found_in"], first["in_stock"]) == ("title", True)
    assert (second["found_in"], second["in_stock"]) == ("description", False)
    assert first["rank"] > second["rank"] > 0
    plain = client.get("/api/v1/products/?q=navy+coat").json()["results"]
    assert [each["explanation"] for each in plain] == [None, None]


@pytest.mark.parametrize(
    "query", ["explain=true", "q=coat&ordering=price&explain=true"]
)
def test_only_the_order_of_relevance_is_explained(client, query):
    response = client.get(f"/api/v1/products/?{query}")
    assert response.status_code == 400
    assert "explain" in response.text


def _by_pk(pk: int) -> Product:
    return Product.objects.get(pk=pk)
