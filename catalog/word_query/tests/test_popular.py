from datetime import date, timedelta

import pytest
from django.db.models import F

from catalog.suggestions import suggest
from catalog.tests.factories import make_product
from catalog.word_query import popular
from catalog.word_query.models import FoundSearch
from catalog.word_query.popular import popular_searches, write_counts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_counts():
    popular._counts.clear()
    yield
    popular._counts.clear()


def search(client, words: str, times: int = 1) -> None:
    for _ in range(times):
        client.get("/", {"q": words})
    write_counts()


def test_words_that_many_search_for_are_suggested(client):
    make_product(title="Navy coat", brand="")
    search(client, "Navy coat", 6)
    FoundSearch.objects.update(day=date.today() - timedelta(days=1))
    assert popular_searches("na", 3) == []  # of one day only
    search(client, "navy coat", 6)
    assert [
        (each.words, each.times) for each in FoundSearch.objects.order_by("day")
    ] == [
        ("navy coat", 6),
        ("navy coat", 6),
    ]
    assert popular_searches("NA", 3) == ["navy coat"]
    assert ("navy coat", "Popular") in [(one.name, one.kind) for one in suggest("nav")]
    FoundSearch.objects.update(day=F("day") - timedelta(days=90))
    assert popular_searches("na", 3) == []


def test_words_that_find_nothing_or_few_search_for_are_not(client):
    make_product(title="Navy coat")
    search(client, "zeppelin", 20)
    search(client, "coat", 3)
    assert list(FoundSearch.objects.values_list("words", "times")) == [("coat", 3)]
    assert popular_searches("co", 3) == []


def test_nothing_is_counted_without_events(client, settings):
    settings.EVENTS_DAYS = 0
    make_product(title="Coat")
    search(client, "coat")
    assert not FoundSearch.objects.exists()


def test_the_words_of_a_day_are_bounded(client, monkeypatch):
    make_product(title="Navy wool coat")
    monkeypatch.setattr(popular, "MAX_WORDS_A_DAY", 1)
    for words in ("navy", "wool", "coat"):
        search(client, words)
    assert FoundSearch.objects.count() == 1
