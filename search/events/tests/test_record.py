from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.utils import timezone

from catalog.tests.factories import make_photo_bytes, make_product
from search.events.record import (
    Happened,
    Listed,
    forget_old,
    found_nothing,
    lists_of,
    new_list_id,
    record,
    record_quietly,
)
from search.models import Encoder, Event, FoundNothing
from search.query.kept_search import start_search
from search.query.refinement import Refinement
from search.query.start import Start
from search.tasks import forget_old_events

pytestmark = pytest.mark.django_db
SIMILAR = Event.Listing.SIMILAR


def happened(query: str, *skus: str, kind: str = "impression", **fields) -> Happened:
    return Happened(kind, query, fields.pop("position", 1), skus, **fields)


def codes(refused) -> list[tuple[int, str]]:
    return [(each.index, each.code) for each in refused]


def test_an_id_says_what_its_list_is(fake_encoder):
    similar = new_list_id(SIMILAR, encoder="fake-1", asked_from=7)
    words = new_list_id(Event.Listing.WORDS)
    assert len(similar) <= 64
    assert lists_of([similar, words]) == {
        similar: Listed("similar", "fake-1", 7),
        words: Listed("words", "", None),
    }
    assert new_list_id(SIMILAR, encoder="fake-1", asked_from=7) != similar


def test_an_id_that_is_not_ours_stands_for_nothing(fake_encoder):
    real = new_list_id(SIMILAR, encoder="fake-1", asked_from=7)
    for forged in [
        real.replace("-7-", "-8-"),
        real.replace("s-", "g-", 1),
        real[:-1] + ("0" if real[-1] != "0" else "1"),
        real + "0",
        real.upper(),
        "",
        "s",
        "x" * 64,
        "'; DROP TABLE search_event; --",
        "s-7-é",
    ]:
        assert lists_of([forged]) == {}


def test_a_list_outlives_its_encoder(fake_encoder):
    real = new_list_id(SIMILAR, encoder="gone", asked_from=7)
    assert lists_of([real])[real] == Listed("similar", "", 7)


def test_searches_are_known_by_where_they_came_from(embed):
    product = make_product(photo=True, sku="a")
    embed()
    photo = start_search(Start(photo=make_photo_bytes("red")))
    from_product = start_search(Start(product="a"))
    words = start_search(refinement=Refinement(words="product"))
    found = lists_of([photo.id, from_product.id, words.id, "never-was"])
    assert found == {
        photo.id: Listed("photo", "fake-1", None),
        from_product.id: Listed("photo", "fake-1", product.pk),
        words.id: Listed("words", "fake-1", None),
    }


def test_a_search_stays_known_when_it_has_expired(embed):
    make_product(photo=True, sku="a")
    embed()
    told, silent = (start_search(Start(photo=make_photo_bytes("red"))) for _ in "ab")
    assert record([happened(told.id, "a")]) == []
    cache.delete_many([f"query:{told.id}", f"query:{silent.id}"])
    carts = [happened(query.id, "a", kind="cart") for query in (told, silent)]
    assert codes(record(carts)) == [(1, "unknown_query")]
    cart = Event.objects.get(kind="cart")
    assert (cart.listing, cart.encoder) == ("photo", "fake-1")


def test_a_page_of_impressions_is_one_row(fake_encoder):
    products = [make_product() for _ in range(24)]
    query = new_list_id(SIMILAR, encoder="fake-1", asked_from=products[0].pk)
    skus = [product.sku for product in products]
    record([happened(query, *skus, position=25)])
    event = Event.objects.get()
    assert event.products == [product.pk for product in products]
    assert (event.position, event.query) == (25, query)
    assert event.asked_from == products[0].pk


def test_nothing_of_a_person_has_a_place_in_a_row():
    assert {field.name for field in Event._meta.get_fields()} == {
        "id", "kind", "listing", "query", "position", "products", "asked_from",
        "encoder", "client_id", "created",
    }  # fmt: skip
    assert {field.name for field in FoundNothing._meta.get_fields()} == {
        "id", "listing", "words", "filters", "encoder", "created",
    }  # fmt: skip


def test_what_is_not_known_is_refused_and_the_rest_kept(fake_encoder):
    make_product(sku="a")
    query = new_list_id(SIMILAR)
    refused = record(
        [
            happened(query, "a"),
            happened("never-was", "a"),
            happened(query, "a", "nothing"),
            happened(query, "a", kind="click"),
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
        record([happened(query, "a", client_id=mine), happened(query, "a")])
    assert Event.objects.filter(client_id=mine).count() == 1
    assert Event.objects.count() == 3


def test_a_batch_costs_the_same_queries_as_one(
    fake_encoder, django_assert_max_num_queries
):
    skus = [make_product().sku for _ in range(20)]
    with django_assert_max_num_queries(5):
        record([happened(new_list_id(SIMILAR), sku) for sku in skus])
    assert Event.objects.count() == 20


def test_what_is_old_is_forgotten(settings, fake_encoder):
    make_product(sku="a")
    for _ in range(2):
        record([happened(new_list_id(SIMILAR), "a")])
        found_nothing(SIMILAR)
    settings.EVENTS_DAYS = 30
    old = timezone.now() - timedelta(days=31)
    for model in (Event, FoundNothing):
        model.objects.filter(pk=model.objects.earliest("id").pk).update(created=old)
    assert forget_old() == 2
    assert forget_old_events() == 0
    assert (Event.objects.count(), FoundNothing.objects.count()) == (1, 1)


def test_a_shop_can_keep_nothing_at_all(settings, fake_encoder):
    settings.EVENTS_DAYS = 0
    make_product(sku="a")
    record([happened(new_list_id(SIMILAR), "a")])
    found_nothing(Event.Listing.WORDS, words="zeppelin")
    assert not Event.objects.exists() and not FoundNothing.objects.exists()


def test_a_page_does_not_fail_for_a_figure(monkeypatch, fake_encoder, settings):
    def refuse(*args, **kwargs):
        raise DatabaseError("no")

    monkeypatch.setattr(Event.objects, "bulk_create", refuse)
    monkeypatch.setattr(FoundNothing, "save", refuse)
    make_product(sku="a")
    record_quietly(happened(new_list_id(SIMILAR), "a"))
    found_nothing(Event.Listing.WORDS, words="zeppelin")
    assert Encoder.objects.exists()  # the transaction is fine
