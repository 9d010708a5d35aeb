"""The embedding table's partitions: one an encoder, with its HNSW index."""

import time

from django.db import OperationalError, connection, transaction
from psycopg import sql
from psycopg.errors import LockNotAvailable

# With DESIGN's 16 and 64 the graph falls apart where an encoder keeps categories far
# apart: recall@10 of 100,000 vectors of the recipe `fashion` stayed at .94 to .95,
# however wide the search (`bench.ann --rows 100000` and `bench.filters` measure it).
# With 18 links instead of 22 a million vectors that were evened out
# (`ml.fashion.readout`) are found at .978; every link more makes the index longer
# to build, 400 s being wanted.
HNSW = "m = 22, ef_construction = 112"
# Adding or dropping a partition locks the whole table for a moment. Searches queue
# behind whoever waits for that lock, so the wait is short and made again. It is also
# less than Postgres' `deadlock_timeout` of 1 s: in a deadlock it is we who give way.
LOCK_WAIT = "400ms"
PATIENCE_S = 120


def partition_name(encoder_id: int) -> str:
    return f"search_embedding_e{int(encoder_id)}"


def create_partition(encoder_id: int) -> None:
    """The unit-length check sits here: on the parent it would stop Citus."""
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
    """Of the partition's HNSW index: valid, invalid or missing."""
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
    """Build the HNSW index where there is no valid one.

    Writes go on meanwhile, except inside a transaction, where Postgres can not do
    that. One that a killed process had started is waited for: its server process
    goes on building.
    """
    while _rows(
        "SELECT 1 FROM pg_stat_progress_create_index WHERE relid = to_regclass(%s)",
        encoder_id,
    ):
        time.sleep(1)
    if index_state(encoder_id) == "invalid":
        _execute("DROP INDEX {index}", encoder_id)
    at_ease = "" if connection.in_atomic_block else "CONCURRENTLY"
    _execute(
        f"CREATE INDEX {at_ease} IF NOT EXISTS {{index}} ON {{table}}"
        f" USING hnsw (vector vector_cosine_ops) WITH ({HNSW})",
        encoder_id,
    )


def _alter(encoder_id: int, *statements: str) -> None:
    """All in one transaction, asking for the lock again until there is a gap."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
                for statement in statements:
                    _execute(statement, encoder_id)
                cursor.execute("SET LOCAL lock_timeout = DEFAULT")
            return
        except OperationalError as error:
            refused = isinstance(error.__cause__, LockNotAvailable)
            if not refused or time.monotonic() > end:
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
    """The answer to a question about the partition, named by the one parameter."""
    with connection.cursor() as cursor:
        cursor.execute(query, [partition_name(encoder_id)])
        return cursor.fetchall()
