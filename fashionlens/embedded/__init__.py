"""PostgreSQL with pgvector and Valkey from wheels, for a laptop; no Django in here.

`running(var)` gives a command its servers; fashionlens/stack.py builds the whole shop
from the same pieces. The wheels only bring the programs: their own start-up code
kills strangers by stale pid files and leaks servers.
"""

from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.places import (
    broker_url,
    cache_url,
    database_settings,
    database_url,
    run_dir,
)
from fashionlens.embedded.sharing import running

__all__ = [
    "EmbeddedError",
    "broker_url",
    "cache_url",
    "database_settings",
    "database_url",
    "run_dir",
    "running",
]
