"""Imports of feeds through the API."""

from collections.abc import Iterator
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.api.imports import views
from catalog.api.imports.views import ImportOutput
from catalog.api.tests.answers import assert_described, field_errors
from catalog.feeds.runs import download
from catalog.feeds.runs.models import FeedRun
from catalog.feeds.runs.queue import import_due
from catalog.models import Product
from catalog.photos.remote import fetch
from catalog.tests.photo_server import PhotoServer, photo_server
from fashionlens.keys.models import make_key

pytestmark = pytest.mark.django_db
IMPORTS = "/api/v1/imports/"
ROWS = b"id,title,price,product_type\nD,Dress,19.90 EUR,Dresses\nE,Hat,cheap,Hats\n"


@pytest.fixture
def headers() -> dict[str, str]:
    token = make_key(name="erp", kind="secret", scopes=["feeds"])[1]
    return {"Authorization": f"Bearer {token}"}


def form(content: bytes = ROWS, **more: object) -> dict[str, object]:
    file = SimpleUploadedFile("feed.csv", content, "text/csv")
    return {"feed": "erp", "feed_file": file, **more}


def test_a_feed_is_imported_and_its_problems_are_listed(client, headers):
    started = client.post(IMPORTS, form(), headers=headers)
    assert (started.status_code, started.json()["state"]) == (202, "waiting")
    import_due()
    url = f"{IMPORTS}{started.json()['id']}/"
    done = client.get(url, headers=headers).json()
    assert_described(ImportOutput, done)
    assert (done["state"], done["rows_done"]) == ("done", 2)
    assert done["counts"]["created"] == 1
    (problem,) = done["problems"]
    assert (problem["sku"], problem["column"]) == ("E", "price")
    assert Product.objects.get().sku == "D"


def test_a_dry_run_stores_nothing(client, headers):
    started = client.post(IMPORTS, form(dry_run="true"), headers=headers).json()
    import_due()
    done = client.get(f"{IMPORTS}{started['id']}/", headers=headers).json()
    assert (done["state"], done["counts"]["created"]) == ("checked", 1)
    assert not Product.objects.exists()


def test_an_import_is_started_once_for_each_idempotency_key(client, headers):
    once = headers | {"Idempotency-Key": "night-1"}
    first = client.post(IMPORTS, form(), headers=once).json()
    assert client.post(IMPORTS, form(), headers=once).json() == first
    assert FeedRun.objects.count() == 1


def test_a_waiting_import_is_stopped(client, headers):
    started = client.post(IMPORTS, form(), headers=headers).json()
    stopped = client.delete(f"{IMPORTS}{started['id']}/", headers=headers)
    assert stopped.json()["state"] == "stopped"
    gone = client.get(f"{IMPORTS}999999/", headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (404, "import_not_found")


def test_wrong_forms_are_refused(client, headers):
    for body, field in (
        ({"feed": "erp"}, "feed_file"),
        ({"feed_file": form()["feed_file"]}, "feed"),
        (form(archive="yes"), "archive"),
    ):
        assert field in field_errors(client.post(IMPORTS, body, headers=headers))


def test_only_a_key_with_the_scope_may_import_or_look(client, headers):
    started = client.post(IMPORTS, form(), headers=headers).json()
    for method, url in (("post", IMPORTS), ("get", f"{IMPORTS}{started['id']}/")):
        assert getattr(client, method)(url).json()["code"] == "key_required"
        token = make_key(name="x", kind="secret", scopes=["photos"])[1]
        other = {"Authorization": f"Bearer {token}"}
        refused = getattr(client, method)(url, headers=other)
        assert refused.json()["code"] == "missing_scope"


@pytest.fixture
def server(monkeypatch) -> Iterator[PhotoServer]:
    monkeypatch.setattr(download, "fetch", partial(fetch, private=True))
    with photo_server() as running:
        running.files["/feed.csv"] = ROWS
        yield running


def start_at(client, headers, address, **more):
    body = {"feed": "erp", "address": address, **more}
    return client.post(
        IMPORTS, body, content_type="application/json", headers=headers
    ).json()


def test_a_feed_at_an_address_is_imported(client, headers, server, monkeypatch):
    monkeypatch.setattr(views, "parse_address", lambda address: None)
    for dry_run in (True, False):
        started = start_at(client, headers, f"{server.url}/feed.csv", dry_run=dry_run)
        assert started["state"] == "waiting"
        import_due()
    done = client.get(f"{IMPORTS}{started['id']}/", headers=headers).json()
    assert (done["state"], done["counts"]["created"]) == ("done", 1)
    missing = start_at(client, headers, f"{server.url}/none.csv")
    import_due()
    failed = client.get(f"{IMPORTS}{missing['id']}/", headers=headers).json()
    assert (failed["state"], "404" in failed["message"]) == ("failed", True)


def test_a_feed_inside_the_network_is_not_fetched(client, headers):
    started = start_at(client, headers, "http://127.0.0.1/feed.csv")
    import_due()
    failed = client.get(f"{IMPORTS}{started['id']}/", headers=headers).json()
    assert failed["state"] == "failed"
    assert "public" in failed["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"feed": "erp", "address": "ftp://shop.example/a.csv"}, "bad_address"),
        ({"feed": "erp"}, "invalid"),
        ({"feed": "erp", "address": 5}, "invalid"),
        ({"feed": "erp", "address": "https://a.example/", "x": 1}, "invalid"),
    ],
)
def test_wrong_addresses_of_feeds_are_refused(client, headers, body, code):
    answer = client.post(
        IMPORTS, body, content_type="application/json", headers=headers
    )
    assert answer.json()["code"] == code
    assert not FeedRun.objects.exists()
