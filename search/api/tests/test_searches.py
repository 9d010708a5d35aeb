import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.api.listed.parameters import SPARSE
from catalog.api.tests.answers import assert_described, field_errors
from catalog.photos.store import add_photo
from catalog.tests.factories import lose_files, make_photo_bytes, make_product
from search.api import examples
from search.api.serializers import SearchPageOutput
from search.api.similar import SimilarView
from search.models import Encoder
from search.tests.shop import LIME, RED, SEARCH, make_shop, problem, skus, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(embed):
    return make_shop(embed)


def test_finds_what_looks_like_the_photo(client, shop):
    response = client.post(SEARCH, {"photo": upload(RED)})
    assert skus(response)[:2] == ["red", "hat"]
    body = response.json()
    assert body["encoder"] == "fake-1"
    assert body["count"] == 4 and body["complete"] is True
    assert body["took_ms"] > 0
    best = body["results"][0]
    assert best["distance"] == pytest.approx(0, abs=1e-3)
    assert best["band"] == "same item"
    assert best["photo"]["id"] == shop["red"].images.get().id
    distances = [match["distance"] for match in body["results"]]
    assert distances == sorted(distances)
    assert response.headers["Cache-Control"] == "no-store"


def test_the_photo_may_be_the_whole_body(client, shop):
    response = client.post(f"{SEARCH}?page_size=1", RED, content_type="image/jpeg")
    assert skus(response) == ["red"]
    assert response.json()["next"]


def test_fields_may_stand_in_the_form_or_in_the_address(client, shop):
    form = {"photo": upload(RED), "category": "dress", "page_size": 2}
    in_form = client.post(SEARCH, form)
    address = f"{SEARCH}?category=dress&page_size=2"
    in_address = client.post(address, {"photo": upload(RED)})
    assert skus(in_form) == skus(in_address)
    assert "hat" not in skus(in_form)
    both = client.post(address, {"photo": upload(RED), "category": "hat"})
    assert sorted(skus(both)) == ["hat", "red"]


def test_an_empty_category_means_all(client, shop):
    first = client.post(SEARCH, {"photo": upload(RED), "category": "", "page_size": 2})
    assert "category" not in first.json()["next"]
    assert len(skus(client.get(f"{SEARCH}{first.json()['query']}/?category="))) == 4


def test_a_kept_query_pages_and_narrows_without_a_new_upload(client, shop):
    form = {"photo": upload(RED), "page_size": 3}
    first = client.post(SEARCH, form)
    second = client.get(first.json()["next"])
    assert sorted(skus(first) + skus(second)) == ["green", "hat", "navy", "red"]
    assert second.json()["next"] is None
    assert skus(client.get(second.json()["previous"])) == skus(first)
    narrow = client.get(f"{SEARCH}{first.json()['query']}/?category=hat")
    assert skus(narrow) == ["hat"]
    beyond = client.get(f"{SEARCH}{first.json()['query']}/?page=3&page_size=3")
    assert (skus(beyond), beyond.json()["next"]) == ([], None)


def test_the_count_is_shown_once_it_is_known(client, shop):
    form = {"photo": upload(RED), "page_size": 3}
    first = client.post(SEARCH, form).json()
    assert (first["count"], first["complete"]) == (None, True)
    assert client.get(first["next"]).json()["count"] == 4
    assert client.get(f"{SEARCH}{first['query']}/?page_size=3").json()["count"] == 4
    for form in ({"page_size": 4}, {"page_size": 3, "facets": "true"}):
        form["photo"] = upload(RED)
        assert client.post(SEARCH, form).json()["count"] == 4


def test_a_category_stays_with_the_next_page(client, shop):
    form = {"photo": upload(RED), "page_size": 2, "category": "dress"}
    first = client.post(SEARCH, form)
    second = client.get(first.json()["next"])
    assert sorted(skus(first) + skus(second)) == ["green", "navy", "red"]


def test_an_old_or_unknown_query_has_expired(client, shop):
    query = client.post(SEARCH, {"photo": upload(RED)}).json()["query"]
    cache.clear()
    assert problem(client.get(f"{SEARCH}{query}/")) == (410, "query_expired")
    assert problem(client.get(f"{SEARCH}never-was/")) == (410, "query_expired")
    # A key of another kind in the same cache is no query.
    assert problem(client.get(f"{SEARCH}{query}:dress/")) == (404, "not_found")


def test_without_an_encoder_the_search_is_unavailable(client, shop):
    Encoder.objects.update(state=Encoder.State.READY)
    for response in [
        client.post(SEARCH, {"photo": upload(RED)}),
        client.get("/api/v1/products/red/similar/"),
    ]:
        assert problem(response) == (503, "no_encoder")
        assert int(response.headers["Retry-After"]) > 0


def test_without_the_cache_the_search_is_unavailable(client, shop, settings):
    elsewhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = settings.CACHES | {"default": elsewhere}
    response = client.post(SEARCH, {"photo": upload(RED)})
    assert problem(response) == (503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_similar_products_never_name_the_product_itself(client, shop):
    response = client.get("/api/v1/products/red/similar/?limit=2")
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert skus(response)[0] == "hat"
    assert len(skus(response)) == 2 and "red" not in skus(response)
    body = response.json()
    assert body["encoder"] == "fake-1"
    assert (body["pending"], body["complete"]) == (False, True)


def test_a_product_not_yet_looked_at_is_pending(client, shop):
    make_product(sku="fresh", photo=True)
    response = client.get("/api/v1/products/fresh/similar/")
    assert response.headers["Cache-Control"] == "no-store"  # it changes in seconds
    body = response.json()
    assert (body["results"], body["pending"], body["complete"]) == ([], True, False)
    make_product(sku="bare")
    body = client.get("/api/v1/products/bare/similar/").json()
    assert (body["results"], body["pending"]) == ([], False)


def test_a_photo_that_failed_is_not_pending_and_its_answer_not_complete(client, embed):
    product = make_product(sku="broken", photo=True)
    lose_files(product)
    assert embed().failed == 1
    body = client.get("/api/v1/products/broken/similar/").json()
    assert (body["results"], body["pending"], body["complete"]) == ([], False, False)
    add_photo(product=product, data=LIME)
    body = client.get("/api/v1/products/broken/similar/").json()
    assert (body["pending"], body["complete"]) == (True, False)


@pytest.mark.parametrize("limit", ["0", "101", "x", "", "5&limit=6"])
def test_the_limit_is_bounded(client, shop, limit):
    response = client.get(f"/api/v1/products/red/similar/?limit={limit}")
    assert field_errors(response).keys() == {"limit"}


def test_similar_to_an_unpublished_product_is_not_found(client, shop):
    make_product(sku="draft", status="draft", photo=True)
    response = client.get("/api/v1/products/draft/similar/")
    assert problem(response) == (404, "product_not_found")


def test_a_search_costs_the_same_queries_for_few_and_many_matches(client, shop, embed):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.post(SEARCH, {"photo": upload(RED)})
        return len(captured)

    queries()  # the first of a minute also asks how large the shop is
    few = queries()
    for number in range(12):
        make_product(photo=make_photo_bytes((255, number * 20, 0)))
    embed()
    assert queries() == few <= 12


def test_the_api_and_the_pages_answer_alike(client, shop):
    shown = client.post("/search/", {"photo": upload(RED)}, follow=True)
    on_page = [match.product.sku for match in shown.context["results"]]
    assert on_page == skus(client.post(SEARCH, {"photo": upload(RED)}))


def test_facets_are_counted_when_asked_for_and_on_further_pages(client, shop):
    assert client.post(SEARCH, {"photo": upload(RED)}).json()["facets"] is None
    asked = {"photo": upload(RED), "facets": "true", "page_size": 1}
    found = client.post(SEARCH, asked).json()
    counts = [each["count"] for each in found["facets"]["categories"]]
    assert sum(counts) == found["count"]
    assert client.get(found["next"]).json()["facets"] == found["facets"]
    asked = {"photo": upload(RED), "facets": "true", "facet_query": "category:ha"}
    first = client.post(SEARCH, asked | {"page_size": 1}).json()
    assert [each["value"] for each in first["facets"]["categories"]] == ["hat"]
    assert client.get(first["next"]).json()["facets"] == first["facets"]


def test_answers_and_examples_are_as_the_schema_says(client, shop):
    make_product(sku="bare", title="Bare")
    form = {"photo": upload(RED), "words": "bare", "facets": "true"}
    page = client.post(SEARCH, form).json()
    similar = client.get("/api/v1/products/red/similar/").json()
    for output, answer in [
        (SearchPageOutput, page),
        (SearchPageOutput, examples.search_page_example()),
        (SimilarView.Output, similar),
        (SimilarView.Output, examples.similar_example()),
    ]:
        assert answer["results"]
        assert_described(output, answer)
    assert {match["photo"] is None for match in page["results"]} == {True, False}


def test_a_search_has_the_fields_that_are_wanted_on_every_page(client, shop):
    form = {
        "photo": upload(RED),
        "words": "dress",
        "highlight": "true",
        "expand": ["description", "photos"],
        "attributes": ["sku", "photos"],
        "page_size": 1,
    }
    first = client.post(SEARCH, form)
    for page in (first, client.get(first.json()["next"])):
        assert page.headers["Content-Type"] == SPARSE
        (match,) = page.json()["results"]
        assert match["product"].keys() == {"sku", "photos"}
        assert match["product"]["photos"][0]["id"] == match["photo"]["id"]
        assert match["highlights"].keys() == {"title", "brand", "description"}
    similar = client.get("/api/v1/products/red/similar/?expand=variants").json()
    assert len(similar["results"][0]["product"]["variants"]) == 1
