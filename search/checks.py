"""System checks of the settings and, with `--database default`, of the index.

`manage.py migrate` runs both.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection

from ml.encoder import Encoder as Network
from ml.encoder import EncoderError
from search.index.partitions import has_index, index_state
from search.models import Embedding, Encoder
from search.recommend.outfits import GOES_WITH

MIN_PGVECTOR = (0, 8, 4)


@register()
def check_kinds(**kwargs: Any) -> list[CheckMessage]:
    unknown = set(settings.OUTFIT_KINDS.values()) - GOES_WITH.keys()
    if not unknown:
        return []
    return [
        Warning(
            f"OUTFIT_KINDS names unknown kinds: {', '.join(sorted(unknown))}.",
            hint=f"Use {', '.join(GOES_WITH)}. Categories of other kinds have no"
            ' recommendations in "Goes with it".',
            id="search.W004",
        )
    ]


@register(Tags.database)
def check_index(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    if "default" not in (databases or ()):
        return []
    found = _check_pgvector()
    # Before the first `migrate` there is nothing more to check.
    if Encoder._meta.db_table in connection.introspection.table_names():
        # Only columns of the first migration: checks run before the later ones.
        columns = Encoder.objects.only("version", "folder", "dimension")
        active = columns.filter(state=Encoder.State.ACTIVE).first()
        found += _check_encoder(active) if active else [_no_encoder()]
    return found


def _pgvector_version() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(installed_version, default_version)"
            " FROM pg_available_extensions WHERE name = 'vector'"
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _check_pgvector() -> list[CheckMessage]:
    version = _pgvector_version()
    # fashionlens.postgres.checks reports that there is none.
    if version and tuple(map(int, version.split("."))) < MIN_PGVECTOR:
        return [
            Warning(
                f"pgvector {version} is older than 0.8.4.",
                hint="Install a newer version on the database server, then run ALTER"
                " EXTENSION vector UPDATE in the database.",
                id="search.W001",
            )
        ]
    return []


def _no_encoder() -> CheckMessage:
    return Warning(
        "No encoder is active, so that no search works.",
        hint="Run manage.py migrate, or manage.py encoder activate VERSION.",
        id="search.W002",
    )


def _check_encoder(active: Encoder) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if active.dimension != (column := _column_dimension()):
        found.append(
            Error(
                f"Vectors of encoder {active} have {active.dimension} numbers, the"
                f" column {Embedding._meta.db_table}.vector holds {column}.",
                hint="Activate an encoder with the column's dimension.",
                id="search.E002",
            )
        )
    if (state := index_state(active.pk)) != "valid":
        found.append(
            Warning(
                f"The HNSW index of encoder {active} is {state}: searches are slow.",
                hint=f"Run manage.py encoder add {active.folder}",
                id="search.W003",
            )
        )
    elif not has_index(active.pk, settings.QUANTISED_INDEX):
        found.append(
            Warning(
                f"The index of encoder {active} is not of the kind that QUANTISED_INDEX"
                " asks for.",
                hint=f"Run manage.py encoder add {active.folder}",
                id="search.W005",
            )
        )
    try:
        folder = Path(settings.BASE_DIR) / active.folder
        network = Network.load(folder, settings.ENCODER_RUNTIME)
        if (network.version, network.sha256) != (active.version, active.sha256):
            raise EncoderError(f"its folder holds {network.version}.")
    except EncoderError as error:
        found.append(
            Error(
                f"Encoder {active} cannot be loaded: {error}",
                hint=f"Put its files back into {active.folder}, or run manage.py"
                " encoder rollback",
                id="search.E003",
            )
        )
    return found


def _column_dimension() -> int:
    with connection.cursor() as cursor:
        # The type modifier of vector(n) is n.
        cursor.execute(
            "SELECT atttypmod FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attname = 'vector'",
            [Embedding._meta.db_table],
        )
        return cursor.fetchone()[0]
