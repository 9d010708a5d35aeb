import pytest
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from catalog.filters import MAX_VALUES
from catalog.parameters import ListingParameters, sentences

pytestmark = pytest.mark.django_db


def read(query: str) -> dict:
    return ListingParameters.read(QueryDict(query), ignore_unknown=True)


def test_a_page_ignores_unknown_names_and_empty_values() -> None:
    values = read("utm_source=mail&q=&colour=&price_min=&in_stock=&ordering=&sku=")
    assert values == {"facets": False}


def test_a_page_reads_the_values_of_the_api() -> None:
    values = read("q=linen&colour=red&colour=navy&price_max=4999&in_stock=true")
    assert values["q"] == "linen"
    assert values["colour"] == ["red", "navy"]
    assert (values["price_max"], values["in_stock"]) == (4999, True)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (f"q={'x' * 201}", "at most 200 characters; these are 201"),
        ("q=a&q=b", "Give q once, not 2 times"),
        ("price_min=2&price_max=1", "is above the highest"),
        ("price_max=9999999999", "whole number of cents"),
        ("in_stock=maybe", "true or false"),
        (f"brand={'x' * 81}", "at most 80 characters; this one has 81"),
        ("&".join(["sku=x"] * (MAX_VALUES + 1)), f"at most {MAX_VALUES} values"),
    ],
)
def test_errors_are_sentences_for_a_page(query: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as error:
        read(query)
    assert [sentence in each for each in sentences(error.value)] == [True]
