import pytest

from catalog.facet_counts import FacetCandidates, FacetCounts, count_facets
from catalog.facets import (
    MAX_COUNTED_VALUES,
    canonical_brands,
    list_brands,
)
from catalog.filters import Filters
from catalog.prices.ranges import PriceRange
from catalog.tests.factories import make_category, make_product, paint

pytestmark = pytest.mark.django_db


def count(filters: Filters) -> FacetCounts:
    return count_facets(filters, find)


def find(filters: Filters) -> FacetCandidates:
    return FacetCandidates(filters.products().values_list("pk", flat=True), False)


def test_no_products_have_no_counts():
    facets = count(Filters())
    assert (facets.categories, facets.brands, facets.colours) == ([], [], [])
    assert (facets.prices, facets.in_stock) == ([], 0)


def test_a_product_counts_once_for_a_colour_whatever_its_photos():
    product = make_product()
    for number, colours in enumerate((["red", "navy"], ["red"], [])):
        paint(product, *colours, file=str(number))
    counted = count(Filters()).colours
    assert [(each.value, each.count) for each in counted] == [("navy", 1), ("red", 1)]


def test_chosen_values_come_first_then_the_most_frequent():
    for number in range(MAX_COUNTED_VALUES + 2):
        make_product(brand=f"Brand {number:02}")
    make_product(brand="Brand 07")
    chosen = Filters(brands=("Brand 41",))
    brands = count(chosen).brands
    assert [each.value for each in brands[:3]] == ["Brand 41", "Brand 07", "Brand 00"]
    assert [each.chosen for each in brands[:2]] == [True, False]
    assert [each.count for each in brands[:3]] == [1, 2, 1]
    assert len(brands) == MAX_COUNTED_VALUES


def test_each_facet_counts_what_the_other_filters_let_through():
    hats = make_category("Hats", "hat")
    make_product(brand="Acme", price_cents=3000, stock=0)
    make_product(brand="Zeta", price_cents=3100)
    make_product(brand="Acme", price_cents=9000, category=hats)
    facets = count(
        Filters(brands=("Acme",), price_min_cents=2900, price_max_cents=3050)
    )
    assert [(each.value, each.count) for each in facets.brands] == [("Acme", 1)]
    assert [(each.name, each.count) for each in facets.categories] == [("Dresses", 1)]
    ranges = [(each.value, each.count) for each in facets.prices]
    assert ranges == [("-7999", 1), ("8000-", 1), ("2900-3050", 1)]
    assert facets.in_stock == 0


def test_all_facets_are_counted_at_once(django_assert_num_queries):
    make_product(brand="Acme")
    # The products without and with the filter by brand, their counts, and the names
    # of categories.
    with django_assert_num_queries(4):
        count(Filters(brands=("Acme",)))


@pytest.mark.parametrize(
    ("ends", "value"),
    [
        ((None, 2499), "-2499"),
        ((2500, 4999), "2500-4999"),
        ((10_000, None), "10000-"),
        ((None, None), "-"),
    ],
)
def test_a_price_range_has_a_value_for_the_address(ends, value):
    assert PriceRange(*ends, count=1, chosen=False).value == value


def test_brands_are_listed_once_and_by_name():
    for brand in ("Ostra", "", "Acme", "Ostra"):
        make_product(brand=brand)
    make_product(brand="Hidden", status="draft")
    assert list_brands() == ["Acme", "Ostra"]


def test_a_shop_without_brands_has_none():
    make_product(brand="")
    assert list_brands() == []


def test_a_brand_is_found_in_any_case_and_an_unknown_one_is_kept():
    make_product(brand="Acme")
    assert canonical_brands(["aCME", "Zeta"]) == ["Acme", "Zeta"]


@pytest.mark.parametrize("given", ["STRASSE", "stra\u00adße", "Straße "])
def test_a_brand_is_found_by_any_spelling_that_feeds_take_for_one(given):
    make_product(brand="Straße")
    assert canonical_brands([given]) == ["Straße"]
