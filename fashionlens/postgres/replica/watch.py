"""Whether reads may go to the replica: asked twice a second in each process."""

import functools
import logging
import os
import threading
import time
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from fashionlens.postgres.replica.lag import LagGauge

log = logging.getLogger(__name__)

REPLICA = "replica"
PERIOD_S = 0.5
DEADLINE_S = 1.0  # for one answer of either server
# The database and the server it was first made on, which a replica shares.
_IDENTITY = """
(SELECT system_identifier FROM pg_control_system()),
(SELECT oid FROM pg_database WHERE datname = current_database())
"""
_PRIMARY = f"SELECT pg_current_wal_lsn() - '0/0', {_IDENTITY}"
_REPLICA = f"SELECT pg_last_wal_replay_lsn() - '0/0', {_IDENTITY}"
NOT_A_REPLICA = (
    "DATABASE_REPLICA_URL does not lead to a replica of the database in DATABASE_URL."
)


class Position(NamedTuple):
    in_log: int
    identity: tuple[Any, ...]


class _Server:
    def __init__(self, alias: str, query: str):
        self._alias, self._query = alias, query
        self._connection: psycopg.Connection[Any] | None = None

    def ask(self) -> Position | None:
        """Return None if it is no replica. Raises psycopg.Error."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            rows = self._connection.execute(self._query).fetchall()
        except psycopg.Error:
            self.close()
            raise
        position, *identity = rows[0]
        return None if position is None else Position(int(position), tuple(identity))

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _connect(self) -> psycopg.Connection[Any]:
        parameters = connections[self._alias].get_connection_params()
        parameters |= {"connect_timeout": 2, "prepare_threshold": None}
        connection = psycopg.connect(**parameters, autocommit=True)
        limited = functools.partial(connection.wait, timeout=DEADLINE_S)
        connection.wait = limited  # type: ignore[method-assign]
        return connection


class ReplicaWatch:
    def __init__(self, max_lag_s: float):
        self.max_lag_s = max_lag_s
        self._lock = threading.Lock()
        self._pid = 0
        self._forget()

    def _forget(self) -> None:
        self.problem = "It has not been asked yet."  # empty: reads may go there
        self._gauge = LagGauge(self.max_lag_s)
        self._primary = _Server(DEFAULT_DB_ALIAS, _PRIMARY)
        self._replica = _Server(REPLICA, _REPLICA)
        self._identity: tuple[Any, ...] | None = None

    def is_usable(self) -> bool:
        """Return what was found out last; the first call in a process says no."""
        if self._pid != os.getpid():  # a fork has neither the thread nor connections
            with self._lock:
                if self._pid != os.getpid():
                    self._pid = os.getpid()
                    self._forget()
                    threading.Thread(target=self._run, daemon=True).start()
        return not self.problem

    def report_loss(self) -> None:
        self._set_problem("It has closed a connection.")

    def ask(self) -> None:
        """Find out whether reads may go to the replica."""
        try:
            self._set_problem(self._find_problem())
        except Exception as error:  # the thread must go on
            self._set_problem(str(error).partition("\n")[0])

    def look(self) -> str:
        """Return what is the matter; wait for a replica that seems to be behind."""
        end = time.monotonic() + self.max_lag_s
        self.ask()
        while self.problem == self._is_behind and time.monotonic() < end:
            time.sleep(0.1)
            self.ask()
        self._primary.close()
        self._replica.close()
        return self.problem

    def _find_problem(self) -> str:
        with suppress(psycopg.Error):
            if written := self._primary.ask():
                self._gauge.note_written(time.monotonic(), written.in_log)
                self._identity = written.identity
        replayed = self._replica.ask()
        if self._identity is None:
            return "The primary has not answered yet."
        if replayed is None or replayed.identity != self._identity:
            return NOT_A_REPLICA
        is_behind = self._gauge.lag_s(replayed.in_log) > self.max_lag_s
        return self._is_behind if is_behind else ""

    @property
    def _is_behind(self) -> str:
        return f"It is more than {self.max_lag_s:g} seconds behind."

    def _run(self) -> None:
        while True:
            self.ask()
            time.sleep(PERIOD_S)

    def _set_problem(self, problem: str) -> None:
        if problem != self.problem:
            if problem:
                log.warning("Reads go to the primary, not to the replica: %s", problem)
            else:
                log.info("Reads go to the replica.")
        self.problem = problem


watch = ReplicaWatch(settings.REPLICA_MAX_LAG_S)
