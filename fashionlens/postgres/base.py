"""Django's PostgreSQL backend with deadlines that hold when the server is silent.

A stopped server keeps its connections open, so that neither TCP nor `statement_timeout`
ends a wait for its answer.
"""

import functools
import time
from typing import Any, ClassVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

SLOW_CONNECT_S = 1.0
PAUSE_S = 2.0  # in which nobody else waits for a server that has just been silent


class DatabaseWrapper(base.DatabaseWrapper):
    # For one wait of a web process; commands and tasks may take longer.
    deadline_s: ClassVar[float | None] = None
    silent_until: ClassVar[float] = 0.0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        started = time.monotonic()
        if started < self.silent_until:
            raise psycopg.OperationalError("The database has just been silent.")
        try:
            connection = super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            if self.deadline_s and time.monotonic() - started > SLOW_CONNECT_S:
                type(self).silent_until = time.monotonic() + PAUSE_S
            raise
        if self.deadline_s:
            connection.wait = functools.partial(self._wait, connection, self.deadline_s)
        return connection

    def init_connection_state(self) -> None:
        super().init_connection_state()
        # A pooler would lend the session, with its limit, to a worker.
        if self.deadline_s and not self.settings_dict.get(
            "DISABLE_SERVER_SIDE_CURSORS"
        ):
            # A little earlier: the connection can then be kept.
            limit = str(round(self.deadline_s * 800))
            with self.connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, false)", [limit]
                )

    @classmethod
    def _wait(
        cls,
        connection: psycopg.Connection[Any],
        deadline_s: float,
        generator: Any,
        interval: float = 0.1,
        timeout: float | None = None,
    ) -> Any:
        wait = psycopg.Connection.wait
        try:
            return wait(connection, generator, interval, timeout or deadline_s)
        except psycopg.OperationalError:
            if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # An answer may still come, so the connection is of no more use.
                connection.close()
                cls.silent_until = time.monotonic() + PAUSE_S
            raise
