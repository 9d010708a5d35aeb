"""Statements that Citus refuses or answers wrongly, for the tests.

No Citus runs here. Each rule was seen to fail on one: a coordinator with two workers,
Citus 13.2. `search_embedding` is distributed, the catalogue and the encoders are
reference tables.
"""

import re
from collections.abc import Callable
from typing import Any

REFERENCE_TABLES = (
    "catalog_category",
    "catalog_product",
    "catalog_productimage",
    "catalog_variant",
    "search_encoder",
)
_REFERENCE = rf'"?(?:{"|".join(REFERENCE_TABLES)})"?'
_EMBEDDING = r'"?search_embedding\w*"?'

# What is wrong -> how such a statement looks.
RULES = {
    "settings reach the nodes by SET LOCAL only": r"set_config\(\s*'hnsw",
    "a correlated subquery over distributed rows": (
        rf"EXISTS\s*\(\s*SELECT(?:(?!\bFROM\b).)*FROM\s+{_EMBEDDING}"
        rf"(?:(?!\)\s).)*=\s*\(?\"catalog_"
    ),
    "ORDER BY the distance to a subquery": r"<=>\s*\(\s*SELECT",
    "rows of several shards cannot be locked": (
        rf"FROM\s+{_EMBEDDING}.*\bFOR\s+(?:NO KEY )?UPDATE\b"
    ),
    "IF NOT EXISTS marks an index that exists as invalid": (
        r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?IF\s+NOT\s+EXISTS"
    ),
    "a reference table takes no triggers": (
        rf"CREATE\s+(?:OR REPLACE )?TRIGGER\b.*\bON\s+{_REFERENCE}(?:\s|$)"
    ),
    "DETACH CONCURRENTLY": r"DETACH\s+PARTITION\b.*\bCONCURRENTLY",
    "the index orders by distance alone": (
        r"ORDER\s+BY\s+[^()]*<=>\s*[^(),]+,\s*(?!LIMIT)\w"
    ),
}
_COMPILED = {why: re.compile(rule, re.I | re.S) for why, rule in RULES.items()}


class RefusedByCluster(Exception):
    """A cluster would refuse this statement."""


def check_statement(sql: str) -> None:
    """Raises RefusedByCluster."""
    for why, pattern in _COMPILED.items():
        if pattern.search(sql):
            raise RefusedByCluster(f"{why}: {sql[:500]}")


def check_execution(
    execute: Callable, sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Wrap the execution of statements, as `connection.execute_wrapper` does."""
    check_statement(str(sql))
    return execute(sql, params, many, context)
