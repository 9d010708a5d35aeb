"""Filters of the shop's lists."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from catalog.facets import VALUES_FACETS, FacetValue
from catalog.tests.factories import make_category, make_product
from fashionlens.storefront.templatetags.filters import in_order
from fashionlens.storefront.tests.outline import outline
from fashionlens.storefront.tests.test_views import titles

pytestmark = pytest.mark.django_db


def narrowed(client, query: str) -> list[str]:
    response = client.get(f"/?{query}")
    assert response.status_code == 200, response.text
    return sorted(titles(response))


@pytest.fixture
def shelf(db) -> None:
    """Two red hats, a navy one without stock, a dear red dress."""
    hats = make_category("Hats", "hat")
    for title, brand, cents in [("Cap", "Acme", 900), ("Beret", "Ostra", 3000)]:
        hat = make_product(title=title, brand=brand, price_cents=cents, category=hats)
        hat.images.create(sha256="0", width=3, height=4, file="x", colours=["red"])
    none_left = make_product(title="Boater", brand="Acme", stock=0, category=hats)
    none_left.images.create(sha256="0", width=3, height=4, file="x", colours=["navy"])
    gown = make_product(title="Gown", brand="Ostra", price_cents=20_000)
    gown.images.create(sha256="0", width=3, height=4, file="x", colours=["red", "pink"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=hat", ["Beret", "Boater", "Cap"]),
        ("category=hat&category=dress", ["Beret", "Boater", "Cap", "Gown"]),
        ("brand=Acme", ["Boater", "Cap"]),
        ("brand=Acme&brand=Ostra&category=dress", ["Gown"]),
        ("brand=aCME", ["Boater", "Cap"]),
        ("colour=red", ["Beret", "Cap", "Gown"]),
        ("colour=navy&colour=pink", ["Boater", "Gown"]),
        ("price=-2499", ["Boater", "Cap"]),
        ("price=2500-4999", ["Beret"]),
        ("price_from=9&price_to=30", ["Beret", "Boater", "Cap"]),
        ("price_from=9,01&price_to=30.00", ["Beret", "Boater"]),
        ("price_from=&price_to=", ["Beret", "Boater", "Cap", "Gown"]),
        ("in_stock=true&category=hat", ["Beret", "Cap"]),
        ("in_stock=false", ["Boater"]),
        ("in_stock=&category=&brand=&price=", ["Beret", "Boater", "Cap", "Gown"]),
        ("q=red&category=hat&in_stock=true", ["Beret", "Cap"]),
        ("q=red+hat&price=-1000", ["Cap"]),
        ("q=hat&colour=pink", []),
    ],
)
def test_filters_narrow_the_list_together_with_words(client, shelf, query, expected):
    assert narrowed(client, query) == expected


def test_a_brand_in_any_case_is_chosen_and_can_be_taken_away(client, shelf):
    response = client.get("/?brand=acme&brand=OSTRA&sort=newest")
    brands = response.context["listing"].facets.brands
    assert {brand.value: brand.chosen for brand in brands} == {
        "Acme": True,
        "Ostra": True,
    }
    chips = response.text.split("Chosen filters")[1].split("</nav>")[0]
    links = [tag.get("href") for tag in outline(chips) if tag.name == "a"]
    pairs = [parse_qsl(urlsplit(link).query) for link in links]
    assert [("brand", "OSTRA"), ("sort", "newest")] in pairs
    assert [("brand", "acme"), ("sort", "newest")] in pairs
    assert len(pairs) == 3


@pytest.mark.parametrize("typed", ["çelik ipek", "ÇELİK İPEK", "Çel\u0131k IPEK"])
def test_a_turkish_brand_is_chosen_in_any_case(client, db, typed):
    make_product(title="Scarf", brand="Çelik İpek")
    make_product(title="Coat", brand="Çelik")
    assert narrowed(client, urlencode({"brand": typed})) == ["Scarf"]


def offered(client, query: str) -> dict[str, dict[str, int]]:
    facets = client.get(f"/?{query}").context["listing"].facets
    values = {"category": facets.categories, "brand": facets.brands}
    values |= {"colour": facets.colours, "price": facets.prices}
    return {n: {each.value: each.count for each in them} for n, them in values.items()}


@pytest.mark.parametrize("kept", ["", "q=red", "category=hat", "brand=Acme&q=hat"])
def test_the_number_beside_a_value_is_what_choosing_it_finds(client, shelf, kept):
    for name, values in offered(client, kept).items():
        chosen = {one for one in kept.split("&") if one.startswith(name)}
        others = "&".join(set(kept.split("&")) - chosen)
        for value, count in values.items():
            found = narrowed(client, f"{others}&" + urlencode({name: value}))
            assert len(found) == count > 0, (kept, name, value)


def test_filters_are_shown_with_their_numbers_and_what_is_chosen(client, shelf):
    narrowed_list = client.get("/?q=red&category=hat&price=100-30000&sort=price_up")
    (link,) = [
        str(tag.get("href"))
        for tag in outline(narrowed_list.text)
        if str(tag.get("href")).startswith("/filters/")
    ]
    text = client.get(link.replace("&amp;", "&")).text
    page = outline(text)
    boxes = {
        (tag.get("name"), tag.get("value")): "checked" in tag.attributes
        for tag in page
        if tag.name == "input" and tag.get("type") == "checkbox"
    }
    assert boxes[("category", "hat")] and not boxes[("category", "dress")]
    ends = {tag.get("name"): tag.get("value") for tag in page}
    assert (ends["price_from"], ends["price_to"]) == ("1", "300")
    hidden = {(tag.get("name"), tag.get("value")) for tag in page}
    assert {("q", "red"), ("sort", "price_up")} <= hidden
    assert re.search(r'Hats</span>\s*<span class="count">2</span>', text)


def test_counting_the_filters_waits_until_the_box_is_opened(client, shelf):
    page = client.get("/?category=hat")
    assert "checkbox" not in page.text
    (box,) = [tag for tag in outline(page.text) if tag.name == "details"]
    assert "open" not in box.attributes
    form = client.get("/filters/?category=hat", headers={"HX-Request": "true"})
    assert "checkbox" in form.text and "<html" not in form.text


@pytest.mark.parametrize("query", ["", "q=red", "category=hat&brand=Acme&q=red"])
def test_the_filters_take_a_bounded_number_of_queries(
    client, shelf, query, django_assert_max_num_queries
):
    with django_assert_max_num_queries(16):
        client.get(f"/filters/?{query}")


def test_every_chosen_filter_can_be_taken_away_and_all_at_once(client, shelf):
    text = client.get(
        "/?q=red&category=hat&colour=red&colour=navy&brand=Acme&price=-2499"
        "&in_stock=true&sort=newest&page=1"
    ).text
    chips = text[text.index("Chosen filters") :].split("</nav>")[0]
    links = [tag.get("href") for tag in outline(chips) if tag.name == "a"]
    rest = "q=red&category=hat&brand=Acme&colour=red&colour=navy&price=-2499"
    rest += "&in_stock=true&sort=newest"
    pairs = [sorted(parse_qsl(urlsplit(link).query)) for link in links]
    for gone in parse_qsl(rest):
        if gone[0] not in ("q", "sort"):
            assert sorted(set(parse_qsl(rest)) - {gone}) in pairs
    assert pairs[-1] == [("q", "red"), ("sort", "newest")]
    assert len(pairs) == 7
    assert "Chosen filters" not in client.get("/?q=red").text


def test_pages_and_sorting_keep_the_filters(client):
    for number in range(30):
        make_product(title="Coat", price_cents=number)
    make_product(title="Hat", category=make_category("Hats", "hat"))
    response = client.get("/?category=dress&q=coat&sort=price_up&page=2")
    assert len(titles(response)) == 6
    assert 'href="/?category=dress&amp;q=coat&amp;sort=price_up"' in response.text
    hidden = re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', response.text)
    assert ("category", "dress") in hidden and ("q", "coat") in hidden


def test_an_empty_filtered_list_suggests_removing_filters(client, shelf):
    text = client.get("/?colour=pink&category=hat").text
    assert "No product matches all of these filters." in text
    assert "Remove a filter" in text and "Clear all" in text
    assert (
        "Nothing with these filters matches" in client.get("/?q=cap&colour=pink").text
    )


@pytest.mark.parametrize(
    "query", ["price_from=x", "price_to=1e999999", "price_from=9&price_to=1"]
)
def test_impossible_prices_are_refused(client, shelf, query):
    assert client.get(f"/?{query}").status_code == 400


def test_the_slider_spans_the_prices_of_the_list(client, shelf):
    form = client.get("/filters/?price_to=50", headers={"HX-Request": "true"})
    sliders = [tag for tag in outline(form.text) if tag.get("type") == "range"]
    ends = [(tag.get("min"), tag.get("max"), tag.get("value")) for tag in sliders]
    assert ends == [("9", "200", "9"), ("9", "200", "50")]
    one = client.get("/filters/?category=dress", headers={"HX-Request": "true"})
    assert 'type="range"' not in one.text


def test_sizes_are_offered_from_small_to_large():
    given = ["One size", "M", "40", "XXL", "S", "38.5", "XS", "L", "9", "3XL", "XL"]
    facet = next(each for each in VALUES_FACETS if each.parameter == "size")
    values = [FacetValue(size, size, 1, chosen=False) for size in given]
    order = [value.name for value in in_order(values, facet)]
    assert " ".join(order) == "XS S M L XL XXL 3XL 9 38.5 40 One size"
