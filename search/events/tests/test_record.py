import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.utils import timezone

from catalog.tests.factories import make_photo_bytes, make_product
from search.events import list_ids, record
from search.events.list_ids import ListOrigin, find_origins, new_list_id
from search.events.record import (
    ReportedEvent,
    delete_old_events,
    record_events,
    record_quietly,
    record_zero_results,
)
from search.models import EmptySearch, Encoder, Event
from search.query.kept_search import start_search
from search.query.refinement import Refinement
from search.query.start import Start
from search.tasks import forget_old_events

pytestmark = pytest.mark.django_db
SIMILAR = Event.Listing.SIMILAR


def reported(
    query: str, *skus: str, kind: str = "impression", **fields
) -> ReportedEvent:
    return ReportedEvent(kind, query, fields.pop("position", 1), skus, **fields)


def codes(refused) -> list[tuple[int, str]]:
    return [(each.index, each.code) for each in refused]


def test_an_id_names_its_list(fake_encoder):
    similar = new_list_id(SIMILAR, encoder="fake-1", product_id=7)
    words = new_list_id(Event.Listing.WORDS)
    assert len(similar) <= 64
    assert len(new_list_id(SIMILAR, encoder="fake-1", product_id=2**63 - 1)) <= 64
    assert find_origins([similar, words]) == {
        similar: ListOrigin("similar", "fake-1", 7),
        words: ListOrigin("words", "", None),
    }
    assert new_list_id(SIMILAR, encoder="fake-1", product_id=7) != similar


def test_a_forged_id_names_no_list(fake_encoder):
    real = new_list_id(SIMILAR, encoder="fake-1", product_id=7)
    for forged in [
        real.replace(".7.", ".8."),
        real.replace("s.", "g.", 1),
        real[:-1] + ("0" if real[-1] != "0" else "1"),
        real + "0",
        real.upper(),
        "",
        "s",
        "x" * 64,
        "'; DROP TABLE search_event; --",
        "s.7.é",
    ]:
        assert find_origins([forged]) == {}


def test_a_list_outlives_its_encoder(fake_encoder):
    real = new_list_id(SIMILAR, encoder="gone", product_id=7)
    assert find_origins([real])[real] == ListOrigin("similar", "", 7)


def test_a_search_names_a_list_of_its_origin(embed):
    product = make_product(photo=True, sku="a")
    embed()
    photo = start_search(Start(photo=make_photo_bytes("red")))
    from_product = start_search(Start(product="a"))
    words = start_search(refinement=Refinement(words="product"))
    found = find_origins([photo.id, from_product.id, words.id, "never-was"])
    assert found == {
        photo.id: ListOrigin("photo", "fake-1", None),
        from_product.id: ListOrigin("photo", "fake-1", product.pk),
        words.id: ListOrigin("words", "fake-1", None),
    }


def test_a_search_with_an_event_is_known_after_it_has_expired(embed):
    make_product(photo=True, sku="a")
    embed()
    with_event, without = (
        start_search(Start(photo=make_photo_bytes("red"))) for _ in "ab"
    )
    assert record_events([reported(with_event.id, "a")]) == []
    cache.delete_many([f"query:{with_event.id}", f"query:{without.id}"])
    carts = [reported(query.id, "a", kind="cart") for query in (with_event, without)]
    assert codes(record_events(carts)) == [(1, "unknown_query")]
    cart = Event.objects.get(kind="cart")
    assert (cart.listing, cart.encoder) == ("photo", "fake-1")


def test_a_page_of_impressions_is_one_row(fake_encoder):
    products = [make_product() for _ in range(24)]
    query = new_list_id(SIMILAR, encoder="fake-1", product_id=products[0].pk)
    skus = [product.sku for product in products]
    record_events([reported(query, *skus, position=25)])
    event = Event.objects.get()
    assert event.products == [product.pk for product in products]
    assert (event.position, event.query) == (25, query)
    assert event.asked_from == products[0].pk


def test_rows_have_no_field_for_a_person():
    assert {field.name for field in Event._meta.get_fields()} == {
        "id", "kind", "listing", "query", "position", "products", "asked_from",
        "encoder", "client_id", "created",
    }  # fmt: skip
    assert {field.name for field in EmptySearch._meta.get_fields()} == {
        "id", "listing", "words", "filters", "encoder", "times", "day", "created",
        "hidden",
    }  # fmt: skip


def test_unknown_queries_and_products_are_refused_alone(fake_encoder):
    make_product(sku="a")
    query = new_list_id(SIMILAR)
    refused = record_events(
        [
            reported(query, "a"),
            reported("never-was", "a"),
            reported(query, "a", "nothing"),
            reported(query, "a", kind="click"),
        ]
    )
    assert codes(refused) == [(1, "unknown_query"), (2, "unknown_product")]
    assert "'nothing'" in refused[1].detail
    kinds = Event.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["impression", "click"]


def test_an_event_with_an_id_of_its_own_is_kept_once(fake_encoder):
    make_product(sku="a")
    query, mine = new_list_id(SIMILAR), uuid4()
    for _ in range(2):
        record_events([reported(query, "a", client_id=mine), reported(query, "a")])
    assert Event.objects.filter(client_id=mine).count() == 1
    assert Event.objects.count() == 3


@pytest.mark.parametrize("kind", ["click", "cart"])
def test_a_list_counts_one_click_for_each_product(fake_encoder, kind):
    make_product(sku="a")
    make_product(sku="b")
    query = new_list_id(SIMILAR)
    for position in range(1, 9):
        record_events([reported(query, "a", kind=kind, position=position)])
    record_events([reported(query, "b", kind=kind), reported(query, "b", kind=kind)])
    record_events([reported(new_list_id(SIMILAR), "a", kind=kind)])
    assert Event.objects.count() == 3


def test_a_list_id_expires(fake_encoder, monkeypatch):
    make_product(sku="a")
    query, now = new_list_id(SIMILAR), time.time()
    for hours, refused in ((23, []), (26, [(0, "unknown_query")])):
        monkeypatch.setattr(list_ids, "_hour", lambda h=hours: int(now // 3600) + h)
        assert codes(record_events([reported(query, "a")])) == refused


def test_equal_searches_without_results_are_counted_in_one_row(db):
    for words in ("Zeppelin", "zeppelin", "zeppelin"):
        record_zero_results(Event.Listing.WORDS, words=words)
    record_zero_results(Event.Listing.WORDS, words="zeppelin", filters=[("brand", "b")])
    assert [row.times for row in EmptySearch.objects.order_by("id")] == [3, 1]


def test_nonsense_words_do_not_fill_the_table(db, monkeypatch):
    monkeypatch.setattr(record, "MAX_EMPTY_SEARCHES", 3)
    for number in range(9):
        record_zero_results(Event.Listing.WORDS, words=f"x{number}")
    counted = dict(EmptySearch.objects.values_list("words", "times"))
    assert counted == {"x0": 1, "x1": 1, "x2": 1, "(other searches)": 6}


def test_a_new_search_without_results_takes_three_queries(
    db, django_assert_max_num_queries
):
    # And two of the savepoint, since the test is a transaction.
    with django_assert_max_num_queries(5):
        record_zero_results(Event.Listing.WORDS, words="zeppelin")


def test_a_batch_costs_the_same_queries_as_one(
    fake_encoder, django_assert_max_num_queries
):
    skus = [make_product().sku for _ in range(20)]
    with django_assert_max_num_queries(5):
        record_events([reported(new_list_id(SIMILAR), sku) for sku in skus])
    assert Event.objects.count() == 20


def test_old_events_are_deleted(settings, fake_encoder):
    make_product(sku="a")
    for words in ("zeppelin", "airship"):
        record_events([reported(new_list_id(SIMILAR), "a")])
        record_zero_results(SIMILAR, words=words)
    settings.EVENTS_DAYS = 30
    old = timezone.now() - timedelta(days=31)
    for model in (Event, EmptySearch):
        model.objects.filter(pk=model.objects.earliest("id").pk).update(created=old)
    forget_old_events()
    assert delete_old_events() == 0
    assert (Event.objects.count(), EmptySearch.objects.count()) == (1, 1)


def test_nothing_is_recorded_for_zero_days(settings, fake_encoder):
    settings.EVENTS_DAYS = 0
    make_product(sku="a")
    record_events([reported(new_list_id(SIMILAR), "a")])
    record_zero_results(Event.Listing.WORDS, words="zeppelin")
    assert not Event.objects.exists() and not EmptySearch.objects.exists()


def test_a_page_does_not_fail_if_recording_does(monkeypatch, fake_encoder, settings):
    def refuse(*args, **kwargs):
        raise DatabaseError("no")

    monkeypatch.setattr(Event.objects, "bulk_create", refuse)
    monkeypatch.setattr(EmptySearch.objects, "get_or_create", refuse)
    make_product(sku="a")
    record_quietly(reported(new_list_id(SIMILAR), "a"))
    record_zero_results(Event.Listing.WORDS, words="zeppelin")
    assert Encoder.objects.exists()  # the transaction is fine
