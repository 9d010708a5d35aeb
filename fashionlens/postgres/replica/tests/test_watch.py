"""With a real replica: building it takes a second or two."""

import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.core.checks import run_checks
from django.db import connection

from bench.ops.standby import Standby, standby
from fashionlens.postgres.address import read_database
from fashionlens.postgres.replica.watch import NOT_A_REPLICA, ReplicaWatch

QUICK = {"fsync": "off", "wal_retrieve_retry_interval": "100ms"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server(django_db_setup) -> Iterator[Standby]:
    socket_dir = connection.settings_dict["HOST"]
    with standby(socket_dir, **QUICK) as made:
        yield made


@pytest.fixture
def watch(connect_replica) -> Callable[[str], ReplicaWatch]:
    def make(url: str, max_lag_s: float = 1.0) -> ReplicaWatch:
        connect_replica(**read_database(url))
        return ReplicaWatch(max_lag_s)

    return make


def write() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_logical_emit_message(false, 'test', 'x', true)")


def set_replay(server: Standby, name: str, *, running: bool) -> None:
    with psycopg.connect(server.url(name), autocommit=True) as own:
        own.execute(f"SELECT pg_wal_replay_{'resume' if running else 'pause'}()")


def test_a_replica_that_keeps_up_is_read(server, watch):
    own = watch(server.url(connection.settings_dict["NAME"]))
    for _ in range(3):
        write()
        assert own.look() == ""


def test_a_replica_that_lags_is_not_read_until_it_has_caught_up(server, watch):
    name = connection.settings_dict["NAME"]
    own = watch(server.url(name), max_lag_s=0.3)
    assert own.look() == ""
    set_replay(server, name, running=False)
    write()
    time.sleep(0.4)
    assert "behind" in own.look()
    set_replay(server, name, running=True)
    end = time.monotonic() + 10
    while own.look() and time.monotonic() < end:
        time.sleep(0.05)
    assert own.problem == ""


def test_a_replica_that_is_gone_is_not_read_until_it_is_back(server, watch):
    own = watch(server.url(connection.settings_dict["NAME"]))
    server.kill()
    assert own.look() != ""
    server.start(**QUICK)
    end = time.monotonic() + 10
    while own.look() and time.monotonic() < end:
        time.sleep(0.05)
    assert own.problem == ""


def test_the_primary_is_no_replica(connect_replica, settings):
    settings.DATABASE_REPLICA_URL = "postgres://the-primary/shop"
    connect_replica()
    assert ReplicaWatch(1.0).look() == NOT_A_REPLICA
    found = run_checks(databases=["default"])
    assert "database.E003" in [each.id for each in found]


def test_another_database_of_the_replica_is_refused(server, watch):
    own = watch(server.url("postgres"))
    assert own.look() == NOT_A_REPLICA


def test_a_replica_that_is_down_is_a_warning_only(watch, settings):
    settings.DATABASE_REPLICA_URL = "postgres://127.0.0.1:1/shop"
    watch(settings.DATABASE_REPLICA_URL)
    found = run_checks(databases=["default"])
    assert "database.W002" in [each.id for each in found]
