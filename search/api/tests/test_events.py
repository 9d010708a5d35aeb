import json

import pytest

from catalog.api.tests.answers import assert_described, field_errors
from catalog.tests.factories import make_product
from search.api.events import EventsView
from search.api.examples import events_recorded_example
from search.events.list_ids import new_list_id
from search.models import Event
from search.tests.shop import RED, SEARCH, make_shop, problem, upload

pytestmark = pytest.mark.django_db
EVENTS = "/api/v1/events/"


def send(client, *events, **more):
    return client.post(EVENTS, {"events": events, **more}, "application/json")


def event(**fields) -> dict:
    made = {"kind": "click", "query": "q", "position": 1, "products": ["a"]}
    return made | fields


def test_events_of_a_search_are_recorded(client, embed):
    make_shop(embed)
    answer = client.post(SEARCH, {"photo": upload(RED)}).json()
    skus = [match["product"]["sku"] for match in answer["results"]]
    query = answer["query"]
    response = send(
        client,
        event(kind="impression", query=query, products=skus),
        event(query=query, position=2, products=skus[1:2]),
        event(kind="cart", query=query, position=2, products=skus[1:2]),
    )
    assert response.json() == {"recorded": 3, "refused": []}
    assert response.headers["Cache-Control"] == "no-store"
    shown, click, cart = Event.objects.order_by("id")
    assert (shown.listing, shown.encoder, len(shown.products)) == ("photo", "fake-1", 4)
    assert (click.kind, click.position) == ("click", 2)
    assert cart.products == click.products == shown.products[1:2]


@pytest.mark.parametrize("address", ["goes-with", "similar"])
def test_events_of_lists_of_a_product_are_recorded(client, embed, address):
    shop = make_shop(embed)
    query = client.get(f"/api/v1/products/red/{address}/").json()["query"]
    assert send(client, event(query=query, products=["hat"])).json()["recorded"] == 1
    kept = Event.objects.get()
    assert kept.listing == address.replace("-", "_")
    assert kept.asked_from == shop["red"].pk


def test_unknown_queries_and_products_are_listed_as_refused(client, fake_encoder):
    make_product(sku="a")
    real = new_list_id(Event.Listing.WORDS)
    answer = send(client, event(), event(query=real), event(query=real, products=["b"]))
    assert answer.status_code == 200
    assert answer.json()["recorded"] == 1
    assert_described(EventsView.Output, answer.json())
    assert_described(EventsView.Output, events_recorded_example())
    refused = [(it["index"], it["code"]) for it in answer.json()["refused"]]
    assert refused == [(0, "unknown_query"), (2, "unknown_product")]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"kind": "view"}, "kind"),
        ({"position": 0}, "position"),
        ({"position": 501}, "position"),
        ({"position": "first"}, "position"),
        ({"products": []}, "products"),
        ({"products": ["a"] * 101, "kind": "impression"}, "products"),
        ({"products": ["a", "b"]}, "products"),
        ({"products": "a"}, "products"),
        ({"query": "x" * 65}, "query"),
        ({"query": "a\0"}, "query"),
        ({"id": "7"}, "id"),
        ({"id": 7}, "id"),
        ({"session": "somebody"}, "session"),
    ],
)
def test_invalid_events_refuse_the_whole_message(client, fake_encoder, fields, where):
    response = send(client, event(), event(**fields))
    assert problem(response) == (400, "invalid")
    assert field_errors(response).keys() == {f"events[1].{where}"}
    assert not Event.objects.exists()


def test_the_number_of_events_in_a_message_is_limited(client, fake_encoder):
    assert field_errors(send(client)).keys() == {"events"}
    assert field_errors(send(client, *[event()] * 101)).keys() == {"events"}
    run = event(kind="impression", products=["a"] * 100)
    response = send(client, *[run] * 11)
    assert field_errors(response) == {"events": "too_many"}
    assert field_errors(send(client, event(), person="me")).keys() == {"person"}


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "7", "null", '{"events": {}}', "[" * 10_000 + "]" * 10_000],
    ids=lambda body: body[:9],
)
def test_malformed_messages_are_refused(client, fake_encoder, body):
    response = client.post(EVENTS, body, "application/json")
    assert response.status_code == 400
    assert problem(response)[1] in ("invalid", "parse_error")


def test_a_form_is_not_a_message(client, fake_encoder):
    assert problem(client.post(EVENTS, {"events": "1"}))[0] == 415


def test_a_beacon_needs_no_token(fake_encoder):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    body = json.dumps({"events": [event()]})
    assert strict.post(EVENTS, body, "application/json").status_code == 200
