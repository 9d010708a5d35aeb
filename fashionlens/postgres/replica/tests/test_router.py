import pytest
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpResponse
from django.test import RequestFactory

from catalog.models import Category, Product
from fashionlens.postgres.replica.router import COOKIE, ReplicaReads, ReplicaRouter
from fashionlens.postgres.replica.watch import REPLICA, watch

ROUTER = ReplicaRouter()


@pytest.fixture(autouse=True)
def usable(monkeypatch) -> None:
    monkeypatch.setattr(watch, "is_usable", lambda: True)


def answer(path: str = "/", method: str = "GET", cookie: str = "", write: bool = False):
    """Return where the middleware lets a view read, and its response."""
    read: list[str] = []

    def view(request) -> HttpResponse:
        if write:
            ROUTER.db_for_write(Product)
        read.append(ROUTER.db_for_read(Product))
        return HttpResponse()

    request = RequestFactory().generic(method, path)
    request.COOKIES |= {cookie: "1"} if cookie else {}
    response = ReplicaReads(view)(request)
    return read[0], response


@pytest.mark.parametrize(
    ("path", "method"),
    [("/", "GET"), ("/api/v1/search/", "POST"), ("/search/", "POST")],
)
def test_pages_and_searches_read_from_the_replica(path, method):
    assert answer(path, method)[0] == REPLICA
    assert ROUTER.db_for_read(Product) == DEFAULT_DB_ALIAS, "outside of requests"


@pytest.mark.parametrize("path", ["/admin/", "/admin/catalog/product/", "/readyz"])
def test_staff_and_health_checks_read_from_the_primary(path):
    assert answer(path)[0] == DEFAULT_DB_ALIAS


def test_a_replica_that_is_not_usable_is_not_read(monkeypatch):
    monkeypatch.setattr(watch, "is_usable", lambda: False)
    assert answer()[0] == DEFAULT_DB_ALIAS


def test_a_request_that_has_written_reads_from_the_primary():
    assert answer("/api/v1/events/", "POST", write=True)[0] == DEFAULT_DB_ALIAS


def test_staff_who_saved_something_read_from_the_primary_for_a_while(settings):
    _, response = answer("/admin/catalog/product/1/change/", "POST")
    cookie = response.cookies[COOKIE]
    assert cookie["max-age"] > settings.REPLICA_MAX_LAG_S
    assert answer(cookie=COOKIE)[0] == DEFAULT_DB_ALIAS


def test_shoppers_get_no_cookie():
    assert not answer("/search/", "POST")[1].cookies


def test_nothing_is_migrated_on_the_replica():
    assert ROUTER.allow_migrate(REPLICA, "catalog") is False
    assert ROUTER.allow_migrate(DEFAULT_DB_ALIAS, "catalog") is None


def test_a_row_of_the_replica_is_saved_on_the_primary(replica):
    Category.objects.create(name="Coats", slug="coats")
    read = Category.objects.using(REPLICA).get(slug="coats")
    read.name = "Warm coats"
    read.save()
    assert read._state.db == DEFAULT_DB_ALIAS
