import time
from types import SimpleNamespace

import pytest
from celery import current_app
from django.core.cache import cache, caches
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from fashionlens.health import scheduler, views
from fashionlens.health.scheduler import KEY
from search.models import Encoder

PARTS = {
    *("database", "migrations", "writes", "cache", "broker", "encoder", "search"),
}


def states(client, query: str = "") -> tuple[int, dict[str, str]]:
    response = client.get(f"/readyz{query}")
    return response.status_code, response.json()


@pytest.fixture
def alive(monkeypatch):
    """Let a worker and the scheduler answer."""
    caches["process"].set("workers", {"photos": 2, "upkeep": 1})
    cache.set(KEY, time.time())
    yield
    caches["process"].delete("workers")
    cache.delete(KEY)


def test_healthz_answers_ok(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_names_every_part(client):
    assert states(client) == (200, dict.fromkeys(PARTS, "ok"))


@pytest.mark.django_db
def test_readyz_encodes_one_picture(client, monkeypatch):
    encoded = []
    network = SimpleNamespace(encode=encoded.extend)
    monkeypatch.setattr(views, "network_of", lambda encoder: network)
    assert states(client)[0] == 200
    assert len(encoded) == 1


@pytest.mark.django_db
def test_readyz_names_the_parts_that_failed(client):
    Encoder.objects.all().delete()
    status, parts = states(client)
    assert status == 503
    failed = {name: state for name, state in parts.items() if state != "ok"}
    assert failed == dict.fromkeys(["encoder", "search"], "NoActiveEncoder")


@pytest.mark.django_db
def test_a_database_without_all_migrations_is_not_ready(client):
    last = MigrationRecorder.Migration.objects.filter(app="search").latest("id")
    last.delete()
    status, parts = states(client)
    assert (status, parts["migrations"]) == (503, "NotReady")


@pytest.mark.django_db
def test_a_database_with_a_newer_releases_migrations_is_ready(client):
    MigrationRecorder(connection).record_applied("search", "9999_newer")
    assert states(client)[0] == 200


@pytest.mark.django_db
def test_a_database_that_cannot_be_written_is_not_ready(client):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    status, parts = states(client)
    assert (status, parts["writes"], parts["search"]) == (503, "InternalError", "ok")


@pytest.mark.django_db
def test_readiness_leaves_nothing_in_the_database(client):
    count = "SELECT count(*) FROM django_session"
    states(client)
    with connection.cursor() as cursor:
        cursor.execute(count)
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_a_search_that_fails_is_not_ready(client, monkeypatch):
    def lose_a_node(**query: object) -> None:
        raise ConnectionError("node 2")

    monkeypatch.setattr(views, "nearest", lose_a_node)
    status, parts = states(client)
    assert (status, parts["search"]) == (503, "ConnectionError")


@pytest.mark.django_db
def test_deep_readiness_adds_what_pages_do_without(client, alive):
    status, parts = states(client, "?deep=1")
    assert (status, set(parts)) == (200, PARTS | {"workers", "scheduler", "replica"})


@pytest.mark.django_db
def test_a_replica_that_is_not_read_is_named(client, alive, monkeypatch, settings):
    settings.DATABASE_REPLICA_URL = "postgres://replica/shop"
    monkeypatch.setattr(views.watch, "is_usable", lambda: False)
    assert states(client, "?deep=1")[1]["replica"] == "NotReady"
    assert states(client)[0] == 200


@pytest.mark.django_db
def test_a_shop_without_workers_is_ready_but_not_deeply(client, alive):
    caches["process"].set("workers", {"photos": 0, "upkeep": 1})
    cache.set(KEY, time.time() - 1000)
    status, parts = states(client, "?deep=1")
    assert status == 503
    assert (parts["workers"], parts["scheduler"]) == ("NotReady", "NotReady")
    assert states(client)[0] == 200


def test_workers_are_counted_by_queue(monkeypatch, settings):
    answers = {"worker@here": [{"name": settings.EMBEDDING_QUEUE}]}
    inspect = SimpleNamespace(active_queues=lambda: answers)
    monkeypatch.setattr(current_app.control, "inspect", lambda **options: inspect)
    caches["process"].delete("workers")
    expected = {settings.EMBEDDING_QUEUE: 1, settings.UPKEEP_QUEUE: 0}
    assert views.count_workers() == expected
    caches["process"].delete("workers")


def test_the_scheduler_notes_when_it_sends_a_task():
    cache.delete(KEY)
    assert scheduler.silence_s() is None
    scheduler._note_task()
    silence = scheduler.silence_s()
    assert silence is not None and silence < 60
    cache.delete(KEY)
