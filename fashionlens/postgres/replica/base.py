"""A connection to the replica whose queries the primary answers if it is lost."""

from collections.abc import Callable
from typing import Any

from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connections,
)
from psycopg.errors import QueryCanceled

from fashionlens.postgres import base
from fashionlens.postgres.replica.router import use_primary
from fashionlens.postgres.replica.watch import watch


class ReplicaConnection(base.DatabaseWrapper):
    silent_until = 0.0  # its own: a silent replica says nothing of the primary

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(_answer_from_primary)

    def ensure_connection(self) -> None:
        try:
            super().ensure_connection()
        except (OperationalError, InterfaceError):
            self.give_up()
            raise

    def _cursor(self, name: str | None = None) -> Any:
        try:
            return super()._cursor(name)  # type: ignore[misc]
        except (OperationalError, InterfaceError):
            if self.in_atomic_block:
                raise
            return connections[DEFAULT_DB_ALIAS]._cursor(name)  # type: ignore[attr-defined]

    def give_up(self) -> None:
        """Leave the rest of the request to the primary."""
        use_primary()
        if self.connection is None or self.connection.closed:
            watch.report_loss()
            if not self.in_atomic_block:
                self.close()


def _answer_from_primary(
    execute: Callable, sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    try:
        return execute(sql, params, many, context)
    except (OperationalError, InterfaceError) as error:
        # The primary would not answer sooner.
        if isinstance(error.__cause__, QueryCanceled):
            raise
        replica = context["connection"]
        replica.give_up()
        if replica.in_atomic_block:  # to be repeated as a whole
            raise
        # The caller holds this cursor, and reads from it.
        primary = connections[DEFAULT_DB_ALIAS].cursor()
        context["cursor"].cursor = primary.cursor
        return execute(sql, params, many, context)


DatabaseWrapper = ReplicaConnection  # the name that Django looks for
