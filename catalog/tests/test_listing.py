import pytest
from django.core.cache import caches
from django.db import connection

from catalog import listing as module
from catalog.filters import Filters
from catalog.listing import Listing
from catalog.models import Product
from catalog.parameters import ORDERINGS
from catalog.tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept():
    caches["process"].clear()


def make_coats(number: int) -> list[Product]:
    """Make coats, the first with the most matching words."""
    titles = ["Coat coat coat", *["Coat"] * (number - 1)]
    return [make_product(title=title) for title in titles]


def test_only_the_newest_matches_are_ranked_and_all_are_listed_once(monkeypatch):
    monkeypatch.setattr(module, "MAX_RANKED", 3)
    coats = make_coats(6)
    matches = Listing(Filters(), "coat").in_order()
    assert list(matches[0:10]) == coats[::-1]  # the best one is too old to be ranked
    pages = [
        product for start in range(0, 6, 2) for product in matches[start : start + 2]
    ]
    assert pages == coats[::-1]
    best = make_product(title="Coat coat")
    assert Listing(Filters(), "coat").in_order()[0:2][0] == best


def test_the_best_match_comes_first_where_all_are_ranked():
    coats = make_coats(4)
    assert list(Listing(Filters(), "coat").in_order()[0:2]) == [coats[0], coats[3]]


def test_few_products_with_a_word_are_sorted_and_many_read_in_order(monkeypatch):
    prices = [300, 100, 200]
    coats = [make_product(title="Coat", price_cents=price) for price in prices]
    make_product(price_cents=1)
    cheapest_first = [coats[1], coats[2], coats[0]]
    for most in (3, 2):
        monkeypatch.setattr(module, "MAX_COUNTED", most)
        coats_by_price = Listing(Filters(), "coat").in_order(["price_cents", "-id"])
        assert list(coats_by_price) == cheapest_first


def test_the_products_with_a_word_are_read_once(django_assert_num_queries):
    make_coats(3)
    listing = Listing(Filters(), "coat")
    assert Listing(Filters(), "coat").look_ids == []  # what words look like is kept
    # Whether there are any, which, what looks like it, their places, how they look, the
    # page, its photos, and the facets with the names of categories.
    with django_assert_num_queries(10):
        assert listing.count == len(listing.in_order()[0:24]) == 3
        assert listing.facets.in_stock == 3


def test_pages_beyond_the_limit_of_counts_are_listed(monkeypatch):
    monkeypatch.setattr(module, "MAX_RANKED", 1)
    monkeypatch.setattr(module, "MAX_COUNTED", 2)
    coats = make_coats(6)
    matches = Listing(Filters(), "coat").in_order()
    assert [*matches[0:2], *matches[2:4], *matches[4:6]] == coats[::-1]


def test_counts_are_exact_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(module, "MAX_COUNTED", 3)
    make_coats(3)
    assert Listing(Filters()).count == Listing(Filters()).exact_count == 3
    make_coats(2)
    assert Listing(Filters()).count == 4  # more than the limit
    assert Listing(Filters()).exact_count == 5


def test_a_large_exact_count_is_kept_for_a_minute(monkeypatch):
    monkeypatch.setattr(module, "MAX_COUNTED", 1)
    make_coats(2)
    assert Listing(Filters()).exact_count == 2
    make_coats(1)
    assert Listing(Filters()).exact_count == 2
    assert Listing(Filters(in_stock=True)).exact_count == 3


def test_facets_of_a_large_list_are_counted_among_the_newest(monkeypatch):
    monkeypatch.setattr(module, "MAX_FACETED", 2)
    make_product(brand="Old")
    make_product(brand="New")
    newest = make_product(brand="New", category=make_category("Hats", "hat"))
    facets = Listing(Filters()).facets
    assert [(each.value, each.count) for each in facets.brands] == [("New", 2)]
    assert facets.at_least
    newest.delete()
    assert Listing(Filters()).facets == facets  # kept for a minute
    of_hats = Listing(Filters(categories=("dress",))).facets
    assert not of_hats.at_least


def test_a_facet_cut_off_by_its_own_filter_is_marked(monkeypatch):
    """The categories are counted without the chosen one, so among more products."""
    monkeypatch.setattr(module, "MAX_FACETED", 2)
    make_product(category=make_category("Hats", "hat"))
    make_coats(2)
    assert Listing(Filters(categories=("hat",))).facets.at_least


@pytest.mark.parametrize("order", [["-id"], *ORDERINGS.values()])
@pytest.mark.parametrize("filters", [Filters(), Filters(categories=("dress",))])
def test_a_list_is_read_in_the_order_of_an_index(order, filters):
    make_coats(3)
    first_page = Listing(filters).in_order(order)[0:24]
    with connection.cursor() as cursor:
        # What Postgres chooses depends on the size of the shop.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = first_page.explain()
    assert "Seq Scan on catalog_product" not in plan
    # Equal prices may still be sorted by age.
    assert "Sort Key" not in plan or "Presorted Key" in plan


@pytest.fixture
def looks(monkeypatch) -> dict[int, float]:
    """Return how far products are from looking like any words, to be filled."""
    distances: dict[int, float] = {}
    monkeypatch.setattr(module, "compare_looks", lambda words, ids: distances)
    monkeypatch.setattr(module, "find_by_looks", lambda words, filters, number: [])
    return distances


def test_what_looks_like_the_words_comes_before_what_only_mentions_them(looks):
    said = make_product(title="Hooded coat")
    looking = make_product(title="Parka", description="Longer than a coat")
    mentioning = make_product(title="Beanie", description="Warm under a coat")
    looks |= {looking.pk: -0.1, mentioning.pk: 0.2}
    assert Listing(Filters(), "coat").in_order()[0:24] == [said, looking, mentioning]


def test_of_products_with_the_words_in_the_title_the_likest_come_first(looks):
    shirts = [make_product(title=title) for title in ("Shirt", "T-shirt", "T-shirt")]
    looks |= {shirts[0].pk: -0.1, shirts[1].pk: 0.2, shirts[2].pk: 0.1}
    found = Listing(Filters(), "shirt").in_order()[0:24]
    assert found == [shirts[0], shirts[2], shirts[1]]


def test_what_is_sold_out_comes_after_what_looks_less_like_the_words(looks):
    likest = make_product(title="Coat", stock=0)
    other = make_product(title="Coat")
    looks |= {likest.pk: -0.2, other.pk: 0.1}
    assert Listing(Filters(), "coat").in_order()[0:24] == [other, likest]
