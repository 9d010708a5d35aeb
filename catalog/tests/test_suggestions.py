import pytest
from django.urls import reverse

from catalog.api.examples import suggestions_example
from catalog.api.suggestions import SuggestionsView
from catalog.api.tests.answers import assert_described
from catalog.suggestions import suggest
from catalog.tests.factories import make_category, make_product, paint
from catalog.words import WordsError
from fashionlens.storefront.tests.outline import outline

pytestmark = pytest.mark.django_db


def names(words: str) -> list[tuple[str, str]]:
    return [(one.name, one.kind) for one in suggest(words)]


@pytest.fixture
def shop(db) -> None:
    make_product(title="Linen dress", brand="Acme", category=make_category())
    make_category("Dressing gowns", "gown")  # nothing in it
    hats = make_category("Sun hats", "hat")
    make_product(title="Straw boater", brand="Dresden & Co", category=hats)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "dre",
            [
                ("Dresses", "Category"),
                ("Dresden & Co", "Brand"),
                ("Linen dress", ""),
                ("Straw boater", ""),
            ],
        ),
        ("HA", [("Sun hats", "Category"), ("Straw boater", "")]),
        ("acm", [("Acme", "Brand"), ("Linen dress", "")]),
        ("straw bo", [("Straw boater", "")]),
        ("linnen", [("linen", "Did you mean"), ("Linen dress", "")]),
        ("d", []),
        ("", []),
        ("zeppelin", []),
        ("%", []),
        ("%%%", []),
        ("__", []),
        ("\0\0dre\0", None),
        ("'; --", []),
        ("\u0130\u0131", []),
        ("\u00ad\u00ad", []),
    ],
)
def test_categories_brands_and_products_are_suggested(shop, words, expected):
    assert names(words) == (names("dre") if expected is None else expected)


def test_every_suggestion_leads_to_its_page(client, shop):
    for one in [*suggest("dre"), *suggest("linnen")]:
        response = client.get(one.address)
        assert response.status_code == 200
        assert one.name.replace("&", "&amp;") in response.text


def test_hidden_products_are_not_suggested():
    make_product(title="Secret coat", brand="Secret", status="draft")
    assert suggest("secret") == []


def test_the_number_of_suggestions_is_limited():
    for number in range(20):
        category = make_category(f"Coats {number}", f"coat-{number}")
        title = f"Coat {number % 10}"
        make_product(title=title, brand=f"Coat {number}", category=category)
    kinds = [kind for _, kind in names("coat")]
    assert (kinds.count("Category"), kinds.count("Brand"), kinds.count("")) == (3, 3, 6)
    assert len({one.name for one in suggest("coat") if not one.kind}) == 6


def test_suggestions_are_options_of_a_list(client, shop):
    response = client.get("/suggestions/?q=dre")
    tags = [tag for tag in outline(response.text) if tag.name == "a"]
    assert [tag.get("role") for tag in tags] == ["option"] * 4
    assert len({tag.get("id") for tag in tags}) == 4
    assert "Dresden &amp; Co" in response.text
    assert response.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("words", ["", "?q=", "?q=%00", "?q=%ff", "?q=d", "?x=1"])
def test_too_few_characters_suggest_nothing(client, words):
    response = client.get(f"/suggestions/{words}")
    assert (response.status_code, response.text.strip()) == (200, "")


def test_too_many_characters_are_refused(client):
    response = client.get("/suggestions/", {"q": "x" * 10_000})
    assert response.status_code == 400
    assert "at most 200 characters; these are 10000" in response.text
    with pytest.raises(WordsError):
        suggest("x" * 201)


@pytest.mark.parametrize("products", [1, 20])
def test_suggestions_cost_five_queries(client, django_assert_num_queries, products):
    for _ in range(products):
        make_product(title="Coat")
    client.get("/suggestions/?q=coa")  # stems are kept
    with django_assert_num_queries(5):
        client.get("/suggestions/?q=coa")


@pytest.mark.parametrize("page", ["/", "/?q=dress"])
def test_every_list_has_the_search_field_with_suggestions(client, page):
    tags = outline(client.get(page).text)
    form = next(tag for tag in tags if tag.get("role") == "search")
    assert form.get("data-suggestions") == reverse("storefront:suggestions")
    lists = [tag for tag in tags if tag.get("role") == "listbox"]
    assert [tag.get("id") for tag in lists] == ["suggestions"]


def test_colours_of_the_shop_are_suggested():
    paint(make_product(title="One"), "navy")
    assert names("na") == [("navy", "Colour"), ("One", "")]
    assert names("bl") == []  # nothing is black or blue


def test_the_api_suggests_the_same(client, shop):
    answer = client.get("/api/v1/suggestions/?q=dre").json()
    assert_described(SuggestionsView.Output, answer)
    assert_described(SuggestionsView.Output, suggestions_example())
    assert [(each["name"], each["kind"]) for each in answer["results"]] == names("dre")
    for each in answer["results"]:
        assert (
            client.get(each["url"].removeprefix("http://testserver")).status_code == 200
        )


@pytest.mark.parametrize("query", ["", "?q=", f"?q={'x' * 201}", "?q=a&x=1"])
def test_the_api_refuses_wrong_parameters(client, query):
    assert client.get(f"/api/v1/suggestions/{query}").status_code == 400
