from typing import NamedTuple

import pytest

from catalog.filters import Filters
from catalog.models import Product, ProductImage
from catalog.tests.factories import make_photo_bytes, make_product
from search.index.encoders import active_encoder, network_of
from search.models import Embedding, Encoder
from search.query.near_duplicates import MOST, is_flooded, without_flood
from search.query.nearest import MAX_K
from search.query.refinement import Wish
from search.query.services import get_query, similar_products, start_search
from search.query.start import Start

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


@pytest.fixture
def flooded(shop) -> dict[str, set[int]]:
    """As `shop`, but more products with the one photo than any answer holds."""
    image = ProductImage.objects.get(product=min(shop["same"]))
    vector = Embedding.objects.get(image=image).vector
    more = Product.objects.bulk_create(
        Product(
            **{"sku": f"F{n}", "slug": f"f{n}", "title": f"Flood {n}"},
            **{"category": image.product.category, "price_cents": 1, "stock": 1},
            status="published",
        )
        for n in range(MAX_K + 100)
    )
    photos = ProductImage.objects.bulk_create(
        ProductImage(product=one, file="x", sha256=image.sha256, width=1, height=1)
        for one in more
    )
    encoder = Encoder.objects.get(state="active")
    Embedding.objects.bulk_create(
        Embedding(encoder=encoder, image=photo, vector=vector) for photo in photos
    )
    return shop | {"same": shop["same"] | {one.pk for one in more}}


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("first", [None, 24])
def test_a_flood_larger_than_any_answer_leaves_room(
    flooded, first: int | None, exact: bool, monkeypatch
):
    monkeypatch.setattr("search.query.nearest.is_small", lambda *args: exact)
    query = start_search(Start(photo=SHARED), first=first)
    page = {match.product.pk for match in query.page(1)}
    assert len(page) == 24 and len(page & flooded["same"]) == MOST
    everything = [hit.product_id for hit in query.hits]
    assert len(set(everything)) == len(everything) == MAX_K
    assert set(everything[MOST:33]) == flooded["others"]
    assert query.complete
    again = get_query(query_id=query.id)
    assert [hit.product_id for hit in again.hits] == everything


def test_what_a_flood_hides_beyond_the_last_band_stays_there(flooded, monkeypatch):
    bands = [("same item", 1e-6)]
    monkeypatch.setattr(type(network_of(active_encoder())), "bands", bands)
    query = start_search(Start(photo=SHARED))
    assert {hit.product_id for hit in query.hits} <= flooded["same"]
    assert len(query.hits) == MAX_K
    assert query.complete


def test_similar_products_and_filters_see_past_such_a_flood(flooded):
    product = Product.objects.get(pk=min(flooded["same"]))
    similar = {match.product.pk for match in similar_products(product=product)}
    assert len(similar) == 12 and len(similar & flooded["same"]) == MOST
    query = start_search(Start(photo=SHARED), Wish(Filters(in_stock=True)))
    assert set(flooded["others"]) < {hit.product_id for hit in query.hits}
    worded = start_search(Start(photo=SHARED), Wish(words="product"))
    assert set(flooded["others"]) < {hit.product_id for hit in worded.hits}


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
