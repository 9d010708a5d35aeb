import pytest

from catalog.api import examples
from catalog.api.categories import CategoryListView
from catalog.api.products import ProductListView
from catalog.api.serializers import ProductDetailOutput
from catalog.api.tests.answers import assert_described
from catalog.tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_answers_and_examples_are_as_the_schema_says(client):
    product = make_product(photo=True)
    make_product()
    listed = client.get("/api/v1/products/?facets=true").json()
    for output, answer in [
        (ProductListView.Output, listed),
        (ProductListView.Output, client.get("/api/v1/products/?q=product").json()),
        (ProductListView.Output, examples.product_page_example()),
        (ProductDetailOutput, client.get(f"/api/v1/products/{product.sku}/").json()),
        (ProductDetailOutput, examples.product_detail_example()),
        (CategoryListView.Output, client.get("/api/v1/categories/").json()),
        (CategoryListView.Output, examples.category_page_example()),
    ]:
        assert_described(output, answer)
    assert {each["cover"] is None for each in listed["results"]} == {True, False}


def test_the_schema_shows_the_examples(client):
    schema = client.get("/api/schema/?format=json").json()
    answer = schema["paths"]["/api/v1/products/{sku}/"]["get"]["responses"]["200"]
    shown = answer["content"]["application/json"]["examples"]["Answer"]["value"]
    assert shown == examples.product_detail_example()
