import numpy as np
import pytest
from django.core.cache import cache

from catalog.filters import Filters
from catalog.models import Product, ProductImage
from catalog.photos.store import add_photo
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from ml.preprocess import PhotoError
from search.index.encoders import network_of
from search.models import Embedding
from search.query.kept_search import QueryExpired, get_search, start_search
from search.query.nearest import nearest
from search.query.ranking import VectorQuery
from search.query.refinement import Refinement
from search.query.similar import similar_products
from search.query.start import Start, load_product_vectors
from search.query.tests.test_ranking import unit
from search.recommend.recommendations import recommend_similar

pytestmark = pytest.mark.django_db
HATS = Filters(categories=("hat",))


@pytest.fixture
def shop(fake_encoder):
    """Twelve products around a circle: the n-th lies n * 10 degrees from the first."""
    shirts, hats = make_category("Shirts", "shirt"), make_category("Hats", "hat")
    products = []
    for n in range(12):
        product = make_product(photo=True, category=hats if n % 3 == 0 else shirts)
        angle = np.radians(10 * n)
        Embedding.objects.create(
            encoder=fake_encoder,
            image=product.images.get(),
            vector=unit(np.cos(angle), np.sin(angle)),
        )
        products.append(product)
    return products


@pytest.fixture
def wide_bands(fake_encoder, monkeypatch):
    """All products are similar to all others."""
    monkeypatch.setattr(type(network_of(fake_encoder)), "bands", [("similar", 2.0)])


def ids(hits) -> list[int]:
    return [hit.product_id for hit in hits]


def test_nearest_orders_by_cosine_distance(shop, fake_encoder):
    hits = nearest(vector=unit(1, 0), encoder=fake_encoder, k=5)
    assert ids(hits) == [p.id for p in shop[:5]]
    expected = [1 - np.cos(np.radians(10 * n)) for n in range(5)]
    assert [hit.distance for hit in hits] == pytest.approx(expected, abs=1e-6)


def test_nearest_behind_a_filter_returns_all_that_match(shop, fake_encoder):
    hits = nearest(vector=unit(1, 0), encoder=fake_encoder, k=50, filters=HATS)
    assert ids(hits) == [shop[n].id for n in (0, 3, 6, 9)]


def test_nearest_leaves_out_drafts(shop, fake_encoder):
    Product.objects.filter(pk=shop[0].pk).update(status="draft")
    hits = nearest(vector=unit(1, 0), encoder=fake_encoder, k=3)
    assert ids(hits) == [p.id for p in shop[1:4]]


def test_a_product_is_found_once_by_its_nearest_photo(shop, fake_encoder):
    for n, colour in enumerate(["red", "lime", "blue", "cyan", "pink", "gold"]):
        image = add_photo(product=shop[0], data=make_photo_bytes(colour))
        Embedding.objects.create(
            encoder=fake_encoder, image=image, vector=unit(1, 0.001 * n)
        )
    hits = nearest(vector=unit(1, 0.0), encoder=fake_encoder, k=3)
    assert ids(hits) == [p.id for p in shop[:3]]
    assert hits[0].distance == pytest.approx(0, abs=1e-6)


def test_a_product_is_not_similar_to_itself(shop):
    results = similar_products(product=shop[4], limit=12)
    found = [result.product.id for result in results]
    assert shop[4].id not in found
    assert len(found) == len(set(found)) == 11
    assert set(found[:2]) == {shop[3].id, shop[5].id}
    distances = [result.distance for result in results]
    assert distances == sorted(distances)


def test_a_product_looks_like_its_first_photo_that_has_a_vector(shop, fake_encoder):
    product = shop[0]
    last, waiting, first = (
        add_photo(product=product, data=make_photo_bytes(colour))
        for colour in ("red", "lime", "blue")
    )
    ProductImage.objects.filter(product=product).update(position=3)
    for position, image in enumerate((waiting, first, last)):
        ProductImage.objects.filter(pk=image.pk).update(position=position)
    for image, angle in ((last, 40), (first, 80)):
        turned = unit(np.cos(np.radians(angle)), np.sin(np.radians(angle)))
        Embedding.objects.create(encoder=fake_encoder, image=image, vector=turned)
    cache.clear()
    (look,) = load_product_vectors("product", [product.sku], fake_encoder)
    assert look.image_id == first.pk
    similar = similar_products(product=product, limit=1)
    liked = recommend_similar(products=[product.pk], limit=1)
    assert similar[0].product == liked[0].product == shop[8]


def test_a_product_without_a_vector_has_no_similar_products(shop):
    assert similar_products(product=make_product()) == []


def test_results_carry_the_encoders_bands(shop):
    results = similar_products(product=shop[0], limit=12)
    assert [m.band for m in results[:4]] == [
        "very similar",
        "similar",
        "similar",
        "similar",
    ]
    assert results[-1].band is None


def test_a_photo_finds_the_product_it_shows(embed):
    products = [make_product(photo=True) for _ in range(5)]
    embed()
    image = products[3].images.get()
    query = start_search(Start(photo=image.file.read()))
    best = query.results_page()[0]
    assert best.product == products[3]
    assert best.image == image
    assert best.band == "same item"
    assert query.ranking.complete
    assert query.took_ms > 0


def test_pages_neither_repeat_nor_skip(wide_bands, shop):
    query = start_search(Start(photo=make_photo_bytes("red")))
    pages = [query.results_page(number, size=5) for number in (1, 2, 3, 4)]
    found = [result.product.id for page in pages for result in page]
    assert [len(page) for page in pages] == [5, 5, 2, 0]
    assert sorted(found) == sorted(p.id for p in shop)
    kept = get_search(query_id=query.id)
    assert kept.all_hits() == query.all_hits()


def test_the_first_page_stays_when_the_other_hits_are_found(wide_bands, shop, embed):
    query = start_search(Start(photo=make_photo_bytes("red")), first=4)
    first = [result.product for result in query.results_page(1, size=3)]
    assert query.count is None and query.has_page_after(1, size=3)
    newer = make_product(photo=make_photo_bytes("red"))  # the nearest of all
    embed()
    kept = get_search(query_id=query.id)
    pages = [kept.results_page(number, size=3) for number in (1, 2, 3, 4, 5)]
    found = [result.product for page in pages for result in page]
    assert found[:3] == first
    assert sorted(p.id for p in found) == sorted(p.id for p in [*shop, newer])
    assert kept.count == 13 and not kept.has_page_after(5, size=3)
    make_product(photo=make_photo_bytes("red"))
    embed()
    assert get_search(query_id=query.id).all_hits() == kept.all_hits()


def test_the_first_page_searches_for_its_own_hits_only(wide_bands, shop, monkeypatch):
    limits: list[int] = []

    def spy(*, k: int, **kwargs):
        limits.append(k)
        return nearest(k=k, **kwargs)

    monkeypatch.setattr("search.query.ranking.nearest", spy)
    query = start_search(Start(photo=make_photo_bytes("red")), first=4)
    query.results_page(1, size=3)
    assert limits == [4]
    other = get_search(query_id=query.id, refinement=Refinement(HATS))
    (
        other.results_page(1, size=3),
        other.results_page(2, size=3),
        query.results_page(2, size=3),
    )
    assert limits == [4, 500, 500]


def test_a_kept_query_is_narrowed_without_the_photo(wide_bands, shop):
    query = start_search(Start(photo=make_photo_bytes("red")))
    hats = get_search(query_id=query.id, refinement=Refinement(HATS))
    assert sorted(ids(hats.all_hits())) == sorted(shop[n].id for n in (0, 3, 6, 9))
    assert hats.ranking.complete


def test_only_the_last_refinements_are_kept(wide_bands, shop, monkeypatch):
    monkeypatch.setattr("search.query.kept_search.MAX_RANKINGS", 3)
    query = start_search(Start(photo=make_photo_bytes("red")))
    refinements = [Refinement(Filters(price_max_cents=10_000 + n)) for n in range(8)]
    for refinement in refinements:
        refined = get_search(query_id=query.id, refinement=refinement)
        assert len(refined.all_hits()) == refined.count_facets().in_stock == 12
    server = cache._cache.get_client()  # type: ignore[attr-defined]
    kept = [*server.scan_iter(match=cache.make_key(f"query:{query.id}:*"))]
    assert len(kept) <= 3 * 3 + 1  # of each answer, facets and place; the number
    monkeypatch.delattr("search.query.ranking.nearest")
    assert (
        get_search(query_id=query.id, refinement=refinements[-1]).all_hits()
        == refined.all_hits()
    )
    with pytest.raises(NameError):
        get_search(query_id=query.id, refinement=refinements[0])


def test_a_product_gone_since_the_search_is_left_out(wide_bands, shop):
    query = start_search(Start(photo=make_photo_bytes("red")))
    Product.objects.filter(pk=shop[0].pk).delete()
    page = get_search(query_id=query.id).results_page()
    assert len(page) == 11


def test_an_unknown_query_has_expired(fake_encoder):
    with pytest.raises(QueryExpired):
        get_search(query_id="guess")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3600, "an hour"), (7200, "2 hours"), (60, "a minute"), (1800, "30 minutes")],
)
def test_an_expired_search_names_the_time_that_it_is_kept(
    fake_encoder, settings, seconds, words
):
    settings.QUERY_TTL_S = seconds
    with pytest.raises(QueryExpired, match=f"is kept for {words},"):
        get_search(query_id="guess")


def test_a_search_in_an_empty_shop_is_an_empty_complete_answer(fake_encoder):
    query = start_search(Start(photo=make_photo_bytes("red")))
    assert (query.count, query.ranking.complete, query.results_page()) == (0, True, [])


def test_a_broken_photo_is_refused_with_its_reason(fake_encoder):
    with pytest.raises(PhotoError):
        start_search(Start(photo=make_photo_bytes("red")[:300]))


def test_results_cost_a_fixed_number_of_queries(
    wide_bands, shop, django_assert_num_queries
):
    query = start_search(Start(photo=make_photo_bytes("red")))
    with django_assert_num_queries(1):
        query.results_page(1, size=3)
    with django_assert_num_queries(1):
        query.results_page(1, size=12)


def test_a_search_finds_all_products_within_the_last_band(shop):
    """The n-th lies n * 10 degrees away: 60 degrees is a distance of 0.5."""
    query = start_search(Start(product=shop[0].sku))
    assert ids(query.all_hits()) == [p.id for p in shop[1:7]]
    assert (query.count, query.ranking.complete) == (6, True)
    hats = get_search(query_id=query.id, refinement=Refinement(HATS))
    assert ids(hats.all_hits()) == [shop[3].id, shop[6].id]
    assert (hats.count, hats.ranking.complete) == (2, True)
    assert {result.band for result in query.results_page()} == {
        "very similar",
        "similar",
    }


def test_concurrent_requests_get_the_same_ranking(wide_bands, shop, monkeypatch):
    query = start_search(Start(photo=make_photo_bytes("red")), first=4)
    plain = VectorQuery.rank
    others: list[list[int]] = []

    def answer(self, *args):
        """Let another request finish first, and delete a product before this one."""
        if not others:
            others.append([])
            others[0] = ids(get_search(query_id=query.id).all_hits())
            Product.objects.filter(pk=others[0][-1]).delete()
        return plain(self, *args)

    monkeypatch.setattr(VectorQuery, "rank", answer)
    assert ids(query.all_hits()) == others[0]
    assert len(others[0]) == 12
