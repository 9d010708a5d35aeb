"""Filters and facets of searches, through the API and the page."""

import pytest

from catalog.api.tests.answers import field_errors
from catalog.facets import FACETS
from catalog.filters import Filters, ParameterError
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from fashionlens.storefront.tests.outline import outline
from search.query import facets, kept_search, ranking
from search.query.kept_search import get_search, start_search
from search.query.refinement import Refinement
from search.query.start import Start
from search.tests.shop import RED, SEARCH, skus, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(embed):
    """Two red dresses, a black hat of another brand, and a sold-out red hat."""
    hats = make_category("Hats", "hat")
    dress = {"brand": "Ostra", "price_cents": 4900}
    make_product(sku="one", photo=RED, **dress)
    make_product(sku="two", photo=make_photo_bytes((180, 30, 40)), **dress)
    hat = {"category": hats, "brand": "Crown", "price_cents": 1900}
    make_product(sku="black", photo=make_photo_bytes((20, 20, 22)), **hat)
    make_product(sku="red", photo=make_photo_bytes((200, 40, 50)), stock=0, **hat)
    embed()


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        ("category=hat", ["black", "red"]),
        ("category=hat&category=dress", ["black", "one", "red", "two"]),
        ("brand=Ostra", ["one", "two"]),
        ("brand=ostra", ["one", "two"]),
        ("colour=red", ["one", "red", "two"]),
        ("colour=black&colour=navy", ["black"]),
        ("price_min=1900&price_max=1900", ["black", "red"]),
        ("price_min=1901", ["one", "two"]),
        ("in_stock=true", ["black", "one", "two"]),
        ("in_stock=false", ["red"]),
        ("category=hat&colour=red&in_stock=true", []),
        ("category=&brand=&colour=", ["black", "one", "red", "two"]),
    ],
)
def test_a_filter_keeps_all_matching_products_and_no_others(
    client, shop, query_string, expected
):
    first = client.post(f"{SEARCH}?{query_string}", {"photo": upload(RED)})
    assert sorted(skus(first)) == expected
    assert first.json()["complete"] is True
    again = client.get(f"{SEARCH}{first.json()['query']}/?{query_string}")
    assert skus(again) == skus(first)


@pytest.mark.parametrize(
    ("query_string", "error"),
    [
        ("category=spaceships", {"category": "unknown_category"}),
        ("brand=Nobody", {"brand": "unknown_brand"}),
        ("colour=octarine", {"colour": "unknown_colour"}),
        ("price_min=200&price_max=100", {"price_min": "invalid_range"}),
        ("price_min=-1", {"price_min": "min_value"}),
        ("price_max=1e9", {"price_max": "invalid"}),
        ("in_stock=maybe", {"in_stock": "invalid"}),
        ("shape=round", {"shape": "unknown_parameter"}),
    ],
)
def test_an_unknown_value_is_an_error(client, shop, query_string, error):
    for response in [
        client.post(f"{SEARCH}?{query_string}", {"photo": upload(RED)}),
        client.get(f"{SEARCH}some-query/?{query_string}"),
    ]:
        assert field_errors(response) == error


def test_an_error_names_the_known_values(shop):
    with pytest.raises(ParameterError, match="There are: Crown, Ostra"):
        start_search(Start(photo=RED), Refinement(Filters(brands=("Nobody",))))


def test_filters_do_not_depend_on_the_order_of_parameters():
    one = Filters.from_parameters({"colour": ["red", "blue", "", "red"], "brand": []})
    assert one == Filters(colours=("blue", "red"))
    assert one.key == Filters(colours=("red", "blue")).key != Filters().key == ""
    assert one.parameters == [("colour", "blue"), ("colour", "red")]
    colours = next(facet for facet in FACETS if facet.name == "colours")
    assert one.except_facet(colours) == Filters()
    assert not Filters() and one and Filters(in_stock=False)


def counts(values) -> dict[str, int]:
    return {value.value: value.count for value in values}


def test_facets_count_the_products_of_each_value(shop):
    found = start_search(Start(photo=RED)).count_facets()
    assert counts(found.categories) == {"dress": 2, "hat": 2}
    assert counts(found.brands) == {"Ostra": 2, "Crown": 2}
    assert counts(found.colours) == {"red": 3, "black": 1}
    prices = [(each.value, each.count) for each in found.prices]
    assert prices == [("-1999", 2), ("2000-", 2)]
    assert found.in_stock == 3
    assert not found.at_least


def test_counts_of_a_cut_off_list_are_marked(client, shop, monkeypatch):
    for module in (facets, kept_search, ranking):
        monkeypatch.setattr(module, "MAX_K", 2)
    results = client.post("/search/", {"photo": upload(RED)}, follow=True)
    page = client.get(f"{results.request['PATH_INFO']}filters/")
    assert page.context["facets"].at_least
    assert '<span class="count">2+</span>' in page.text


def test_a_facet_is_counted_behind_the_other_filters(shop):
    filters = Filters(categories=("hat",), colours=("black",))
    found = start_search(
        Start(photo=RED), refinement=Refinement(filters)
    ).count_facets()
    assert counts(found.categories) == {"hat": 1}
    assert counts(found.colours) == {"black": 1, "red": 1}
    assert [value.chosen for value in found.colours] == [True, False]
    assert counts(found.brands) == {"Crown": 1}


def test_a_count_is_the_number_of_results_with_that_value(shop):
    query = start_search(Start(photo=RED), Refinement(Filters(in_stock=True)))
    for value in query.count_facets().colours:
        filters = Filters(in_stock=True, colours=(value.value,))
        assert (
            get_search(query_id=query.id, refinement=Refinement(filters)).count
            == value.count
        )


def test_the_page_filters_without_script(client, shop):
    results = client.post("/search/", {"photo": upload(RED)}, follow=True)
    address = results.request["PATH_INFO"]
    assert f'href="{address}filters/' in results.text
    page = client.get(f"{address}filters/")
    boxes = [
        (tag.get("name"), tag.get("value"))
        for tag in outline(page.text)
        if tag.get("type") in ("checkbox", "radio")
    ]
    assert ("colour", "red") in boxes and ("brand", "Crown") in boxes
    assert ("in_stock", "true") in boxes
    assert 'name="price_to"' in page.text
    query_string = "category=hat&colour=red&colour=black&price=-1999&in_stock=true"
    narrow = client.get(f"{address}?{query_string}")
    assert [result.product.sku for result in narrow.context["results"]] == ["black"]
    filters = client.get(f"{address}filters/?{query_string}")
    ticked = {
        tag.get("value") for tag in outline(filters.text) if "checked" in tag.attributes
    }
    assert ticked == {"hat", "red", "black", "true"}
    nothing = client.get(f"{address}?category=dress&colour=black")
    assert "No product matches all of this." in nothing.text


@pytest.mark.parametrize(
    ("query_string", "status"),
    [
        ("colour=octarine", 404),
        ("brand=%00", 400),
        ("price=9-1", 400),
        ("price=x", 400),
    ],
)
def test_the_page_refuses_unknown_values(client, shop, query_string, status):
    page = client.post("/search/", {"photo": upload(RED)}, follow=True)
    address = page.request["PATH_INFO"]
    assert client.get(f"{address}?{query_string}").status_code == status
