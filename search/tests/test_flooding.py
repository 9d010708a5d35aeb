from typing import NamedTuple

import pytest

from catalog.models import Product
from catalog.tests.factories import make_photo_bytes, make_product
from search.asking import Start
from search.encoders import network_of
from search.flooding import MOST, is_flooded, without_flood
from search.services import get_query, similar_products, start_search
from search.wishes import Wish

SHARED = make_photo_bytes("red")


class Far(NamedTuple):
    name: str
    distance: float | None


def names(hits: list[Far]) -> str:
    return "".join(hit.name for hit in hits)


def test_those_beyond_the_first_few_come_last_in_their_order():
    hits = [Far(name, 0.1) for name in "abcde"] + [Far("x", 0.2), Far("y", 0.3)]
    assert is_flooded(hits)
    assert names(without_flood(hits)) == "abcxyde"


def test_as_many_as_may_stay_are_no_flood():
    hits = [Far(name, 0.1) for name in "abc"] + [Far("x", 0.2)]
    assert not is_flooded(hits)
    assert names(without_flood(hits)) == "abcx"


def test_the_last_digits_of_a_distance_do_not_count():
    assert is_flooded([Far("a", 0.1 + n * 1e-8) for n in range(4)])
    assert not is_flooded([Far("a", 0.1 + n * 1e-5) for n in range(4)])


def test_what_words_alone_found_is_no_flood():
    assert not is_flooded([Far("a", None)] * 9)
    assert without_flood([]) == []


@pytest.fixture
def shop(fake_encoder, embed, monkeypatch) -> dict[str, set[int]]:
    """50 products with one photo, and 30 others."""
    monkeypatch.setattr(type(network_of(fake_encoder)), "bands", [("similar", 2.0)])
    same = {make_product(photo=SHARED, title="Shared").pk for _ in range(50)}
    others = {
        make_product(photo=make_photo_bytes((255, 2 * n, 40))).pk for n in range(30)
    }
    embed()
    return {"same": same, "others": others}


@pytest.mark.parametrize("first", [None, 24])
def test_a_page_of_a_search_still_shows_other_products(shop, first: int | None):
    query = start_search(Start(photo=SHARED), first=first)
    page = [match.product.pk for match in query.page(1)]
    assert len(page) == 24
    assert set(page[:MOST]) <= shop["same"]
    assert len(shop["same"] & set(page)) == MOST
    everything = [hit.product_id for hit in query.hits]
    assert len(everything) == len(set(everything)) == 80
    assert set(everything) == shop["same"] | shop["others"]
    assert query.complete
    assert set(everything[33:]) <= shop["same"]
    again = get_query(query_id=query.id)
    assert [hit.product_id for hit in again.hits] == everything


def test_so_does_one_with_words(shop):
    query = start_search(Start(photo=SHARED), Wish(words="shared"))
    page = {match.product.pk for match in query.page(1)}
    assert len(shop["same"] & page) == MOST
    assert len(page) == 24
    assert query.count == 80


def test_similar_products_are_not_all_the_same_photo(shop):
    product = Product.objects.get(pk=min(shop["same"]))
    similar = {match.product.pk for match in similar_products(product=product)}
    assert len(similar) == 12
    assert len(similar & shop["same"]) == MOST
