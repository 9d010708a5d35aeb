from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.utils import ConnectionHandler

from fashionlens.postgres import base
from fashionlens.postgres.base import DatabaseWrapper


@pytest.fixture
def own_connection(django_db_blocker, monkeypatch) -> Iterator[DatabaseWrapper]:
    """Yield a connection of a web process."""
    monkeypatch.setattr(DatabaseWrapper, "deadline_s", 0.3)
    monkeypatch.setattr(DatabaseWrapper, "silent_until", 0.0)
    database = {**connection.settings_dict, "NAME": "postgres"}
    own = ConnectionHandler({"default": database})["default"]
    with django_db_blocker.unblock():
        yield own
        own.close()


def show(own: DatabaseWrapper, name: str) -> str:
    with own.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return cursor.fetchone()[0]


def test_a_web_process_limits_its_statements(own_connection):
    assert show(own_connection, "statement_timeout") == "240ms"
    with pytest.raises(OperationalError), own_connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    assert own_connection.is_usable()


def test_commands_and_tasks_have_no_limit(own_connection, monkeypatch):
    monkeypatch.setattr(DatabaseWrapper, "deadline_s", None)
    assert show(own_connection, "statement_timeout") == "0"


def test_a_session_of_a_pooler_is_left_as_it_was(own_connection):
    own_connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = True
    assert show(own_connection, "statement_timeout") == "0"
    with pytest.raises(OperationalError), own_connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")


def test_a_server_that_stops_answering_is_given_up(own_connection):
    with own_connection.cursor() as cursor:
        # The server's own limit would not hold if the server were stopped.
        cursor.execute("SET statement_timeout = 0")
        with pytest.raises(OperationalError):
            cursor.execute("SELECT pg_sleep(5)")
    assert not own_connection.is_usable()
    own_connection.close()
    with pytest.raises(OperationalError, match="silent"):
        own_connection.ensure_connection()


def test_only_one_waits_for_a_server_that_does_not_let_in(own_connection, monkeypatch):
    def never_connect(**options: object) -> None:
        raise psycopg.errors.ConnectionTimeout("timeout")

    monkeypatch.setattr(base, "SLOW_CONNECT_S", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(psycopg, "connect", never_connect)
        for reason in ("timeout", "silent"):
            with pytest.raises(OperationalError, match=reason):
                own_connection.ensure_connection()
    monkeypatch.setattr(DatabaseWrapper, "silent_until", 0.0)
    assert show(own_connection, "server_encoding") == "UTF8"
