"""Feeds that are fetched from a web address."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.feeds.runs import schedule
from catalog.feeds.runs.models import FeedRun, FeedSource
from catalog.feeds.runs.queue import import_due
from catalog.feeds.runs.schedule import fetch_due
from catalog.models import Product
from catalog.photos.remote import fetch
from catalog.tests.photo_server import PhotoServer, photo_server

pytestmark = pytest.mark.django_db
FEED = b"id,title,price,product_type\nA1,Coat,19.90,Coats\n"


@pytest.fixture
def server(monkeypatch) -> Iterator[PhotoServer]:
    def fetch_inside(address, **options):
        return fetch(address, private=True, **options)

    monkeypatch.setattr(schedule, "fetch", fetch_inside)
    with photo_server() as running:
        running.files["/feed.csv"] = FEED
        yield running


def make_source(address: str) -> FeedSource:
    return FeedSource.objects.create(name="web", address=address, every_hours=1)


def test_a_feed_is_fetched_when_it_is_due(server):
    source = make_source(f"{server.url}/feed.csv")
    assert fetch_due() == 1
    import_due()
    assert Product.objects.get().sku == "A1"
    assert fetch_due() == 0  # not again within the hour
    FeedSource.objects.update(fetched=timezone.now() - timedelta(hours=2))
    assert fetch_due() == 0  # not changed
    assert FeedRun.objects.count() == 1
    source.refresh_from_db()
    assert (source.fetch_error, source.is_due) == ("", False)


def test_an_address_without_a_feed_says_why(server):
    source = make_source(f"{server.url}/none.csv")
    assert fetch_due() == 0
    source.refresh_from_db()
    assert "404 instead of a feed" in source.fetch_error


def test_a_web_page_is_no_feed(server):
    server.files["/feed.csv"] = b"<!DOCTYPE html><title>Log in</title>"
    make_source(f"{server.url}/feed.csv")
    fetch_due()
    import_due()
    run = FeedRun.objects.get()
    assert run.state == "failed"
    assert "web page" in run.message


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1"]
)
def test_private_addresses_are_never_asked(host):
    source = make_source(f"http://{host}/feed.csv")
    assert fetch_due() == 0
    source.refresh_from_db()
    assert "not an address of the public internet" in source.fetch_error
