"""The embedding table's partitions: one for each encoder, with its HNSW index."""

import time

from django.conf import settings
from django.core.cache import caches
from django.db import OperationalError, connection, connections, transaction
from psycopg import sql
from psycopg.errors import LockNotAvailable

from search.models import DIMENSION, Embedding

# With pgvector's own m = 16 the graph falls apart where an encoder keeps categories far
# apart: recall@10 of 100,000 vectors of the recipe `fashion` stayed at .94 to .95,
# however wide the search (measure with `bench.ann --rows 100000` and `bench.filters`).
# With m = 18 a million vectors that were evened out (`ml.fashion.readout`) are found
# with recall .978. Every further link makes the index slower to build.
HNSW = "m = 22, ef_construction = 112"
# Numbers of 16 bits and fewer links take half the memory. What they rank wrongly, a
# search corrects by comparing twice as many as it wants (`bench.ann --quantised`).
QUANTISED_HNSW = "m = 6, ef_construction = 200"
QUANTISED = f"vector::halfvec({DIMENSION})"
KIND_AGE_S = 60  # for which processes may believe in an index that was replaced
# Adding or dropping a partition locks the whole table for a moment. Searches queue
# behind the wait for that lock, so it is short and repeated. It is also shorter than
# Postgres' `deadlock_timeout` of 1 s, so that in a deadlock this transaction gives way.
LOCK_WAIT = "400ms"
LOCK_TIMEOUT_S = 120


def partition_name(encoder_id: int) -> str:
    return f"search_embedding_e{int(encoder_id)}"


def create_partition(encoder_id: int) -> None:
    # The unit-length check is on the partition: on the parent it would stop Citus.
    if not partition_exists(encoder_id):
        _alter(
            encoder_id,
            "CREATE TABLE {table} PARTITION OF search_embedding FOR VALUES IN ({id})",
            "ALTER TABLE {table} ADD CONSTRAINT {check}"
            " CHECK (abs(vector_norm(vector) - 1) < 1e-3)",
        )


def drop_partition(encoder_id: int) -> None:
    _alter(encoder_id, "DROP TABLE IF EXISTS {table}")


def partition_exists(encoder_id: int) -> bool:
    return bool(_rows("SELECT to_regclass(%s)", encoder_id)[0][0])


def index_state(encoder_id: int) -> str:
    """Return "valid", "invalid" or "missing" for the partition's HNSW index."""
    found = _rows(
        "SELECT index.indisvalid FROM pg_index index"
        " JOIN pg_class class ON class.oid = index.indexrelid"
        " JOIN pg_am method ON method.oid = class.relam"
        " WHERE index.indrelid = to_regclass(%s) AND method.amname = 'hnsw'",
        encoder_id,
    )
    if not found:
        return "missing"
    return "valid" if any(valid for (valid,) in found) else "invalid"


def is_quantised(encoder_id: int) -> bool:
    """Return whether the valid index has halfvecs; known for a minute."""
    return bool(
        caches["process"].get_or_set(
            f"quantised:{encoder_id}", lambda: has_index(encoder_id, True), KIND_AGE_S
        )
    )


def has_index(encoder_id: int, quantised: bool) -> bool:
    """Return whether there is a valid index of this kind."""
    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
    with connections[Embedding.objects.db].cursor() as cursor:
        cursor.execute(query, [_index_name(encoder_id, quantised)])
        return cursor.fetchone() == (True,)


def _index_name(encoder_id: int, quantised: bool) -> str:
    return f"{partition_name(encoder_id)}_{'halfvec' if quantised else 'hnsw'}"


def build_index(encoder_id: int) -> None:
    """Build the HNSW index that QUANTISED_INDEX wants, unless there is a valid one.

    One of the other kind serves meanwhile, and is then dropped. Writes go on, except
    inside a transaction, where Postgres cannot build concurrently.
    """
    # The server goes on building an index for a process that was killed.
    while _rows(
        "SELECT 1 FROM pg_stat_progress_create_index WHERE relid = to_regclass(%s)",
        encoder_id,
    ):
        time.sleep(1)
    # Not IF NOT EXISTS: on a cluster, it marks an index that exists as invalid.
    wanted = settings.QUANTISED_INDEX
    if not has_index(encoder_id, wanted):
        _execute("DROP INDEX IF EXISTS {index}", encoder_id, wanted)
        _create_index(encoder_id, wanted)
    if has_index(encoder_id, not wanted):
        time.sleep(KIND_AGE_S)
    _execute("DROP INDEX IF EXISTS {index}", encoder_id, not wanted)


def _create_index(encoder_id: int, quantised: bool) -> None:
    what = f"(vector vector_cosine_ops) WITH ({HNSW})"
    if quantised:
        what = f"(({QUANTISED}) halfvec_cosine_ops) WITH ({QUANTISED_HNSW})"
    concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
    _execute(
        f"CREATE INDEX {concurrently} {{index}} ON {{table}} USING hnsw {what}",
        encoder_id,
        quantised,
    )


def _alter(encoder_id: int, *statements: str) -> None:
    """Run the statements in one transaction, retrying until the lock is free."""
    end = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
                for statement in statements:
                    _execute(statement, encoder_id)
                cursor.execute("SET LOCAL lock_timeout = DEFAULT")
            return
        except OperationalError as error:
            timed_out = isinstance(error.__cause__, LockNotAvailable)
            if not timed_out or time.monotonic() > end:
                raise
        time.sleep(0.1)


def _execute(statement: str, encoder_id: int, quantised: bool = False) -> None:
    name = partition_name(encoder_id)
    query = sql.SQL(statement).format(
        table=sql.Identifier(name),
        check=sql.Identifier(f"{name}_unit_length"),
        index=sql.Identifier(_index_name(encoder_id, quantised)),
        id=sql.Literal(int(encoder_id)),
    )
    with connection.cursor() as cursor:
        cursor.execute(query)


def _rows(query: str, encoder_id: int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, [partition_name(encoder_id)])
        return cursor.fetchall()
