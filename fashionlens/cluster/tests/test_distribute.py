"""The steps to a cluster. No Citus runs here: its functions are stood in for."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.tests.factories import make_product
from fashionlens.cluster import steps
from fashionlens.cluster.rules import REFERENCE_TABLES
from search.index.encoders import active_encoder
from search.index.partitions import index_state

pytestmark = pytest.mark.django_db

# As Citus does: a conversion restarts identity sequences, and is noted.
CITUS = """
CREATE TABLE pg_dist_partition (logicalrelid regclass, shards int);
CREATE FUNCTION create_reference_table(name text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_dist_partition VALUES (name::regclass, 1);
    SELECT setval(pg_get_serial_sequence(name, 'id'), 1);
$$;
CREATE FUNCTION create_distributed_table(name text, key text, shard_count int)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_dist_partition VALUES (name::regclass, shard_count);
$$;
CREATE FUNCTION truncate_local_data_after_distributing_table(name text)
RETURNS void LANGUAGE sql AS 'SELECT';
"""


@pytest.fixture
def citus(monkeypatch):
    monkeypatch.setattr(steps, "obstacles", lambda workers: [])
    monkeypatch.setattr(
        "fashionlens.management.commands.distribute.obstacles", lambda workers: []
    )
    with connection.cursor() as cursor:
        cursor.execute(CITUS)


def converted() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT logicalrelid::text, shards FROM pg_dist_partition")
        return dict(cursor.fetchall())


def test_a_server_without_citus_is_refused():
    with pytest.raises(CommandError, match="no extension citus"):
        call_command("distribute", "--workers", "2")


def test_a_dry_run_prints_every_statement_and_runs_none(capsys):
    call_command("distribute", "--workers", "3", "--dry-run")
    printed = capsys.readouterr()
    assert "no extension citus" in printed.err
    for table in REFERENCE_TABLES:
        assert f"create_reference_table('{table}')" in printed.out
    assert "'image_id', shard_count => 3" in printed.out
    assert "CREATE INDEX CONCURRENTLY" in printed.out
    assert "SET jit = off" in printed.out
    assert index_state(active_encoder().pk) == "valid"


def test_tables_are_spread_and_ids_go_on(citus):
    last = make_product(photo=True).pk
    call_command("distribute", "--workers", "2")
    assert converted() == {**dict.fromkeys(REFERENCE_TABLES, 1), "search_embedding": 2}
    assert make_product().pk > last
    assert index_state(active_encoder().pk) == "valid"


def test_an_interrupted_run_goes_on_where_it_stopped(citus, monkeypatch):
    def stop(encoder_id: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(steps, "build_index", stop)
        call_command("distribute", "--workers", "2")
    assert index_state(active_encoder().pk) == "missing"
    call_command("distribute", "--workers", "2")
    assert converted()["search_embedding"] == 2
    assert index_state(active_encoder().pk) == "valid"
