"""From one Postgres to a cluster: the steps, which are printed or run.

They were tried on Citus 13.2 with two and three workers. The database shows which steps
are done, so that an interrupted run goes on where it stopped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction

from fashionlens.cluster.rules import REFERENCE_TABLES
from search.index.encoders import live_encoders
from search.index.partitions import build_index, index_state, partition_name

EMBEDDING = "search_embedding"
# Sessions of every node: options of a connection do not reach the workers.
SETTINGS = {
    "citus.multi_shard_modify_mode": "'sequential'",
    "citus.propagate_set_commands": "'local'",
    "jit": "off",
}
# Only those of the shop: Citus has sequences of its own.
_SEQUENCES = """
SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), last_value
FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
"""


@dataclass(frozen=True)
class Step:
    title: str
    sql: list[str]
    run: Callable[[], None]


def obstacles(workers: int) -> list[str]:
    """Return why the shop cannot be distributed; a sentence each."""
    if not _value("SELECT count(*) FROM pg_extension WHERE extname = 'citus'"):
        return [
            "The database has no extension citus. Install Citus on every node, set"
            " shared_preload_libraries = 'citus', and run CREATE EXTENSION citus in"
            " this database."
        ]
    found = []
    nodes = _value(
        "SELECT count(*) FROM pg_dist_node WHERE isactive AND groupid <> 0"
        " AND noderole = 'primary'"
    )
    if nodes < workers:
        found.append(
            f"The coordinator knows {nodes} worker nodes, not {workers}. Add them by"
            " SELECT citus_add_node('host', 5432)."
        )
    found += [
        f"{table} has the trigger {name}, and a reference table takes none."
        for table, name in _rows(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY(%s)",
            list(REFERENCE_TABLES),
        )
    ]
    others = _value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        " AND usename = current_user"
    )
    if others:
        found.append(
            f"{others} other connections use the database. Stop web, workers and"
            " scheduler first."
        )
    return found


def steps(workers: int) -> Iterator[Step]:
    """Yield what is still to do, for one shard on each worker."""
    if due := not is_distributed():
        sql = _conversion(workers)
        yield Step("Spread the tables over the nodes", sql, partial(_convert, sql))
    for encoder in live_encoders():
        if due or index_state(encoder.pk) != "valid":
            name = partition_name(encoder.pk)
            yield Step(
                f"Build the index of {encoder.version} on all workers",
                [f"CREATE INDEX CONCURRENTLY {name}_hnsw ON {name} USING hnsw ..."],
                partial(build_index, encoder.pk),
            )
    sql = [
        # It goes on with the tables that refer to this one.
        "SELECT truncate_local_data_after_distributing_table('catalog_category')",
        "ANALYZE",
    ]
    yield Step("Drop local copies, and count rows", sql, partial(_execute, sql))
    database = connection.ops.quote_name(_value("SELECT current_database()"))
    settings = [
        f"ALTER DATABASE {database} SET {name} = {value}"
        for name, value in SETTINGS.items()
    ]
    yield Step("Set what every session needs", settings, partial(_execute, settings))


def is_distributed() -> bool:
    found = _rows("SELECT to_regclass('pg_dist_partition') IS NOT NULL")
    return bool(found[0][0]) and bool(
        _value(
            "SELECT count(*) FROM pg_dist_partition"
            f" WHERE logicalrelid = '{EMBEDDING}'::regclass"
        )
    )


def _conversion(workers: int) -> list[str]:
    """Return the statements of one transaction; without writers meanwhile."""
    indexes = [f"DROP INDEX IF EXISTS {name}" for name in _hnsw_indexes()]
    return [
        "SET LOCAL citus.multi_shard_modify_mode = 'sequential'",
        # With the index in place rows go in one by one: a hundred times as long.
        *indexes,
        *(f"SELECT create_reference_table('{table}')" for table in REFERENCE_TABLES),
        f"SELECT create_distributed_table('{EMBEDDING}', 'image_id',"
        f" shard_count => {workers})",
    ]


def _convert(sql: list[str]) -> None:
    with transaction.atomic():
        before = _rows(_SEQUENCES)
        _execute(sql)
        # Identity sequences of a table that is converted begin again at 1.
        for name, last in before:
            _execute([f"SELECT setval('{name}', {int(last)})"])


def _hnsw_indexes() -> list[str]:
    return [
        name
        for (name,) in _rows(
            "SELECT indexrelid::regclass::text FROM pg_index"
            " JOIN pg_class ON pg_class.oid = indexrelid"
            " JOIN pg_am ON pg_am.oid = relam WHERE amname = 'hnsw'"
            " AND indrelid::regclass::text LIKE %s",
            f"{EMBEDDING}\\_e%",
        )
    ]


def _execute(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _rows(sql: str, *values: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values) or None)
        return cursor.fetchall()


def _value(sql: str) -> Any:
    return _rows(sql)[0][0]
