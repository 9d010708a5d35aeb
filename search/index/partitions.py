"""The embedding table's partitions: one for each encoder, with its HNSW index."""

import time

from django.db import OperationalError, connection, transaction
from psycopg import sql
from psycopg.errors import LockNotAvailable

# With pgvector's own m = 16 the graph falls apart where an encoder keeps categories far
# apart: recall@10 of 100,000 vectors of the recipe `fashion` stayed at .94 to .95,
# however wide the search (measure with `bench.ann --rows 100000` and `bench.filters`).
# With m = 18 a million vectors that were evened out (`ml.fashion.readout`) are found
# with recall .978. Every further link makes the index slower to build.
HNSW = "m = 22, ef_construction = 112"
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


def build_index(encoder_id: int) -> None:
    """Build the HNSW index unless there is a valid one.

    Writes go on meanwhile, except inside a transaction, where Postgres cannot build
    concurrently.
    """
    # The server goes on building an index for a process that was killed.
    while _rows(
        "SELECT 1 FROM pg_stat_progress_create_index WHERE relid = to_regclass(%s)",
        encoder_id,
    ):
        time.sleep(1)
    # Not IF NOT EXISTS: on a cluster, it marks an index that exists as invalid.
    state = index_state(encoder_id)
    if state == "valid":
        return
    if state == "invalid":
        _execute("DROP INDEX {index}", encoder_id)
    concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
    _execute(
        f"CREATE INDEX {concurrently} {{index}} ON {{table}}"
        f" USING hnsw (vector vector_cosine_ops) WITH ({HNSW})",
        encoder_id,
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


def _execute(statement: str, encoder_id: int) -> None:
    name = partition_name(encoder_id)
    query = sql.SQL(statement).format(
        table=sql.Identifier(name),
        check=sql.Identifier(f"{name}_unit_length"),
        index=sql.Identifier(f"{name}_hnsw"),
        id=sql.Literal(int(encoder_id)),
    )
    with connection.cursor() as cursor:
        cursor.execute(query)


def _rows(query: str, encoder_id: int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, [partition_name(encoder_id)])
        return cursor.fetchall()
