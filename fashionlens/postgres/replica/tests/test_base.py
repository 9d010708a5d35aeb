import numpy as np
import psycopg
import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, transaction

from catalog.facets import list_brands
from catalog.models import Product
from fashionlens.postgres.replica import router as own_router
from fashionlens.postgres.replica.watch import REPLICA, watch
from search.models import DIMENSION
from search.query import nearest as nearest_module
from search.query.nearest import nearest


def end_session(replica) -> None:
    """Let the server end the session, as one that stops does."""
    replica.ensure_connection()
    pid = replica.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def lose_server(replica, monkeypatch) -> None:
    replica.close()
    monkeypatch.setitem(replica.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(replica.settings_dict, "PORT", "1")


def test_reads_go_to_the_replica(replica):
    assert Product.objects.count() == 0
    assert list_brands() == []
    assert Product.objects.db == REPLICA
    assert replica.connection is not None


@pytest.mark.parametrize("read", [Product.objects.count, list_brands])
def test_the_primary_answers_a_query_whose_session_ends(replica, read):
    end_session(replica)
    assert not read()
    assert Product.objects.db == DEFAULT_DB_ALIAS
    assert not watch.is_usable()


def test_the_primary_answers_where_the_replica_lets_nobody_in(replica, monkeypatch):
    lose_server(replica, monkeypatch)
    assert Product.objects.count() == 0
    assert list_brands() == []
    assert not watch.is_usable()


def test_a_query_that_the_replica_cancels_is_repeated(replica, monkeypatch):
    Product.objects.count()

    def conflict(execute, sql, params, many, context):
        # Rows that the query reads were removed on the primary.
        if context["cursor"].cursor.connection is replica.connection:
            raise OperationalError from psycopg.errors.SerializationFailure()
        return execute(sql, params, many, context)

    with replica.execute_wrapper(conflict):
        assert list_brands() == []
    assert Product.objects.db == DEFAULT_DB_ALIAS
    assert watch.is_usable(), "for other requests"


def test_a_query_that_takes_too_long_is_not_repeated(replica):
    with replica.cursor() as cursor:
        cursor.execute("SET statement_timeout = 10")
        with pytest.raises(OperationalError):
            cursor.execute("SELECT pg_sleep(5)")
    assert Product.objects.db == REPLICA


def test_a_transaction_is_not_continued_elsewhere(replica):
    with pytest.raises(OperationalError), transaction.atomic(REPLICA):
        end_session(replica)
        Product.objects.count()
    assert Product.objects.count() == 0


@pytest.mark.parametrize("lose", [end_session, None])
def test_a_search_by_the_index_is_repeated_as_a_whole(
    replica, fake_encoder, monkeypatch, lose
):
    own_router._reads_from.set(REPLICA)  # the fixture has written
    set_breadth = nearest_module.set_search_breadth
    used = []

    def lose_and_set(k: int, using: str) -> None:
        used.append(using)
        if lose and using == REPLICA:
            lose(replica)
        set_breadth(k, using)

    monkeypatch.setattr(nearest_module, "set_search_breadth", lose_and_set)
    monkeypatch.setattr(nearest_module, "is_small", lambda *args: False)
    assert nearest(vector=np.eye(DIMENSION)[0], encoder=fake_encoder, k=5) == []
    assert used == ([REPLICA, DEFAULT_DB_ALIAS] if lose else [REPLICA])
