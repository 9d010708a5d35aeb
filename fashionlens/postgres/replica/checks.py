"""System checks of the replica, run with those of the database."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from fashionlens.postgres.replica.watch import NOT_A_REPLICA, ReplicaWatch


@register(Tags.database)
def check_replica(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    if "default" not in (databases or ()) or not settings.DATABASE_REPLICA_URL:
        return []
    problem = ReplicaWatch(settings.REPLICA_MAX_LAG_S).look()
    if problem == NOT_A_REPLICA:
        return [
            Error(
                problem,
                hint="Name a server that streams from the primary, and the database of"
                " the same name there; or remove DATABASE_REPLICA_URL.",
                id="database.E003",
            )
        ]
    if problem:
        return [
            Warning(
                f"Reads go to the primary, not to the replica: {problem}",
                hint="Look at the replica and its log. The shop works meanwhile.",
                id="database.W002",
            )
        ]
    return []
