import json
import logging
from logging.config import DictConfigurator  # type: ignore[attr-defined]

import pytest
from celery.signals import task_prerun
from django.db import connection
from django_guid import clear_guid, get_guid, set_guid
from kombu import Connection

from fashionlens.logs import access
from fashionlens.logs.configuration import logging_settings
from search.tasks import embed_pending

REQUEST_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def own_client(client, settings):
    settings.MIDDLEWARE = [
        settings.MIDDLEWARE[0],
        "fashionlens.logs.access.AccessLog",
        *settings.MIDDLEWARE[1:],
    ]
    return client


def test_each_request_is_logged_without_the_words_of_the_search(own_client, caplog):
    caplog.set_level("INFO", "access")
    own_client.get("/healthz?q=red+dress")
    (record,) = [r for r in caplog.records if r.name == "access"]
    assert (record.method, record.path, record.status) == ("GET", "/healthz", 200)
    assert "red" not in record.getMessage()


def test_a_request_gets_an_id_or_keeps_that_of_the_proxy(own_client):
    assert len(own_client.get("/healthz")["X-Request-ID"]) == 32
    given = own_client.get("/healthz", HTTP_X_REQUEST_ID=REQUEST_ID)
    assert given["X-Request-ID"] == REQUEST_ID
    forged = own_client.get("/healthz", HTTP_X_REQUEST_ID="x y")
    assert forged["X-Request-ID"] != "x y"


def test_a_task_keeps_the_id_of_the_request_that_sent_it():
    set_guid(REQUEST_ID)
    with Connection("memory://") as broker:
        embed_pending.apply_async(connection=broker, queue="ids")
        message = broker.SimpleQueue("ids").get(timeout=1)
    clear_guid()
    embed_pending.push_request(**message.headers)
    try:
        task_prerun.send(sender=embed_pending, task=embed_pending)
        assert get_guid() == REQUEST_ID
    finally:
        embed_pending.pop_request()
        clear_guid()


def test_json_lines_have_the_id_and_the_fields():
    settings = logging_settings(format="json", level="INFO")
    logger = logging.getLogger("one")
    handler = DictConfigurator(settings)
    formatter = handler.configure_formatter(settings["formatters"]["json"])
    filter_ = handler.configure_filter(settings["filters"]["request_id"])
    record = logger.makeRecord("one", 30, "f", 1, "%s", ("a\nb",), None, extra={"n": 2})
    set_guid(REQUEST_ID)
    filter_.filter(record)
    clear_guid()
    line = formatter.format(record)
    assert "\n" not in line
    values = json.loads(line)
    assert values.pop("time")
    assert values == {
        "level": "WARNING",
        "name": "one",
        "message": "a\nb",
        "request_id": REQUEST_ID,
        "n": 2,
    }


@pytest.mark.django_db
def test_slow_queries_are_logged_without_their_values(settings, caplog):
    settings.SLOW_QUERY_MS = 20
    access.log_slow_queries(connection=connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s), %s", [0.03, "red dress"])
        cursor.execute("SELECT 1")
    (record,) = [r for r in caplog.records if r.name == "slow_query"]
    assert record.duration_ms >= 20
    assert "pg_sleep" in record.getMessage()
    assert "red dress" not in record.getMessage()
