"""Databases beside the test database, owned by a role that is no superuser."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo
from psycopg.errors import DuplicateObject, UniqueViolation

ROOT = Path(__file__).parents[3]
ROLE = "shopkeeper"


@dataclass(frozen=True)
class Database:
    name: str
    url: str

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": self.url} | variables,
            capture_output=True,
            text=True,
            timeout=120,
        )


def administrator(database: str = "postgres") -> psycopg.Connection:
    parameters = connection.get_connection_params() | {"dbname": database}
    known = {k: parameters.get(k) for k in ("host", "port", "user", "password")}
    options = "-c lock_timeout=10s"  # a transaction of a test may be in the way
    conninfo = make_conninfo(dbname=database, options=options, **known)
    return psycopg.connect(conninfo, autocommit=True)


@contextmanager
def ordinary_database(name: str, *extensions: str) -> Iterator[Database]:
    """Create an empty database with these extensions; drop it afterwards."""
    name = f"{name}_{os.getpid()}"
    with administrator() as server:
        with suppress(DuplicateObject, UniqueViolation):  # of another test process
            server.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'for tests'")
        server.execute(f"CREATE DATABASE {name} OWNER {ROLE}")
        host, port = server.info.host, server.info.port
    try:
        with administrator(name) as own:
            for extension in extensions:
                own.execute(f"CREATE EXTENSION {extension}")
        url = f"postgres://{ROLE}:for%20tests@{host.replace('/', '%2F')}:{port}/{name}"
        yield Database(name, url)
    finally:
        with administrator() as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
