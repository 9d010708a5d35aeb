from collections.abc import Callable, Iterator

import pytest
from django.db import connection, connections, router

from fashionlens.postgres.replica import router as own_router
from fashionlens.postgres.replica.base import ReplicaConnection
from fashionlens.postgres.replica.watch import REPLICA, watch


@pytest.fixture
def connect_replica(db) -> Iterator[Callable[..., ReplicaConnection]]:
    """Return a function that lets the alias of the replica lead to a server."""

    def connect(**changes: object) -> ReplicaConnection:
        own = ReplicaConnection({**connection.settings_dict, **changes}, REPLICA)
        # Not in the settings: the database of the tests has no replica.
        connections[REPLICA] = own
        return own

    yield connect
    connections[REPLICA].close()
    del connections[REPLICA]


@pytest.fixture
def replica(transactional_db, connect_replica, monkeypatch) -> Iterator[object]:
    """Read from the alias of the replica, which leads to the test database."""
    monkeypatch.setattr(router, "routers", [own_router.ReplicaRouter()])
    monkeypatch.setattr(watch, "is_usable", lambda: not watch.problem)
    monkeypatch.setattr(watch, "problem", "")
    token = own_router._reads_from.set(REPLICA)
    yield connect_replica()
    own_router._reads_from.reset(token)
