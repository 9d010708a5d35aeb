import pytest

from catalog.filters import Filters
from catalog.models import Product, ProductImage
from catalog.tests.factories import make_photo_bytes, make_product
from search.index.encoders import active_encoder, network_of
from search.models import Embedding, Encoder
from search.query.kept_search import get_search, start_search
from search.query.near_duplicates import (
    MAX_SAME_PHOTO,
    has_near_duplicates,
    move_duplicates_last,
)
from search.query.nearest import MAX_K, Hit
from search.query.refinement import Refinement
from search.query.similar import similar_products
from search.query.start import Start

SHARED = make_photo_bytes("red")


def hits_at(*distances: float | None) -> list[Hit]:
    return [Hit(number, number, each) for number, each in enumerate(distances)]


def ids(hits: list[Hit]) -> list[int]:
    return [hit.product_id for hit in hits]


def test_duplicates_beyond_the_first_three_come_last_in_their_order():
    hits = hits_at(0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3)
    assert has_near_duplicates(hits)
    assert ids(move_duplicates_last(hits)) == [0, 1, 2, 5, 6, 3, 4]


def test_three_products_with_one_photo_keep_their_place():
    hits = hits_at(0.1, 0.1, 0.1, 0.2)
    assert not has_near_duplicates(hits)
    assert ids(move_duplicates_last(hits)) == [0, 1, 2, 3]


def test_the_last_digits_of_a_distance_do_not_count():
    assert has_near_duplicates(hits_at(*(0.1 + n * 1e-8 for n in range(4))))
    assert not has_near_duplicates(hits_at(*(0.1 + n * 1e-5 for n in range(4))))


def test_hits_without_a_distance_are_no_duplicates():
    assert not has_near_duplicates(hits_at(*[None] * 9))
    assert move_duplicates_last([]) == []


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
    page = [match.product.pk for match in query.results_page(1)]
    assert len(page) == 24
    assert set(page[:MAX_SAME_PHOTO]) <= shop["same"]
    assert len(shop["same"] & set(page)) == MAX_SAME_PHOTO
    everything = [hit.product_id for hit in query.all_hits()]
    assert len(everything) == len(set(everything)) == 80
    assert set(everything) == shop["same"] | shop["others"]
    assert query.ranking.complete
    assert set(everything[33:]) <= shop["same"]
    again = get_search(query_id=query.id)
    assert [hit.product_id for hit in again.all_hits()] == everything


@pytest.fixture
def crowded(shop) -> dict[str, set[int]]:
    """As `shop`, but more products with the one photo than a ranking holds."""
    image = ProductImage.objects.get(product=min(shop["same"]))
    vector = Embedding.objects.get(image=image).vector
    more = Product.objects.bulk_create(
        Product(
            **{"sku": f"F{n}", "slug": f"f{n}", "title": f"Shared {n}"},
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
def test_more_duplicates_than_a_list_holds_leave_room_for_others(
    crowded, first: int | None, exact: bool, monkeypatch
):
    monkeypatch.setattr("search.query.nearest.is_small", lambda *args: exact)
    query = start_search(Start(photo=SHARED), first=first)
    page = {match.product.pk for match in query.results_page(1)}
    assert len(page) == 24 and len(page & crowded["same"]) == MAX_SAME_PHOTO
    everything = [hit.product_id for hit in query.all_hits()]
    assert len(set(everything)) == len(everything) == MAX_K
    assert set(everything[MAX_SAME_PHOTO:33]) == crowded["others"]
    assert query.ranking.complete
    again = get_search(query_id=query.id)
    assert [hit.product_id for hit in again.all_hits()] == everything


def test_duplicates_do_not_bring_in_products_beyond_the_last_band(crowded, monkeypatch):
    bands = [("same item", 1e-6)]
    monkeypatch.setattr(type(network_of(active_encoder())), "bands", bands)
    query = start_search(Start(photo=SHARED))
    assert {hit.product_id for hit in query.all_hits()} <= crowded["same"]
    assert len(query.all_hits()) == MAX_K
    assert query.ranking.complete


def test_similar_products_filters_and_words_see_past_duplicates(crowded):
    product = Product.objects.get(pk=min(crowded["same"]))
    similar = {match.product.pk for match in similar_products(product=product)}
    assert len(similar) == 12 and len(similar & crowded["same"]) == MAX_SAME_PHOTO
    query = start_search(Start(photo=SHARED), Refinement(Filters(in_stock=True)))
    assert set(crowded["others"]) < {hit.product_id for hit in query.all_hits()}
    worded = start_search(Start(photo=SHARED), Refinement(words="product"))
    assert set(crowded["others"]) < {hit.product_id for hit in worded.all_hits()}


def test_a_search_with_words_still_shows_other_products(shop):
    query = start_search(Start(photo=SHARED), Refinement(words="shared"))
    page = {match.product.pk for match in query.results_page(1)}
    assert len(shop["same"] & page) == MAX_SAME_PHOTO
    assert len(page) == 24
    assert query.count == 80


def test_similar_products_are_not_all_the_same_photo(shop):
    product = Product.objects.get(pk=min(shop["same"]))
    similar = {match.product.pk for match in similar_products(product=product)}
    assert len(similar) == 12
    assert len(similar & shop["same"]) == MAX_SAME_PHOTO
