"""The database in a file, by pg_dump and pg_restore; an ordinary role is enough."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from fashionlens.embedded import EmbeddedError
from fashionlens.embedded.binaries import find_binaries

# Tables of the shop: neither partitions nor those of extensions.
_TABLES = """
SELECT n.nspname, c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass
            AND objid = c.oid AND deptype = 'e'
    )
ORDER BY 1, 2
"""


class DumpError(Exception):
    """The database cannot be saved or restored; the message is for people."""


def count_rows() -> dict[str, int]:
    """Return the number of rows of each table of the shop."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        counts = {}
        for schema, table in cursor.fetchall():
            name = sql.Identifier(schema, table)
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(name))
            counts[f"{schema}.{table}"] = cursor.fetchone()[0]
    return counts


@contextmanager
def snapshot() -> Iterator[str]:
    """Keep one state of the database for everything that is read in this block."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def save(path: Path, *, snapshot: str) -> None:
    """Raises DumpError."""
    options = ["--format=custom", "--no-owner", "--no-privileges"]
    _run("pg_dump", *options, f"--snapshot={snapshot}", f"--file={path}")


def load(path: Path) -> None:
    """Restore all of the dump or nothing. Raises DumpError."""
    # Extensions exist: only an administrator could create or comment them.
    done = _run("pg_restore", "--list", str(path), connect=False)
    existing = "|".join(map(re.escape, ["public", *_schemas()]))
    skipped = re.compile(rf" EXTENSION | SCHEMA - ({existing}) ")
    entries = [line for line in done.splitlines() if not skipped.search(line)]
    with tempfile.NamedTemporaryFile("w", suffix=".list") as wanted:
        wanted.write("\n".join(entries))
        wanted.flush()
        options = ["--no-owner", "--no-privileges", "--single-transaction"]
        _run("pg_restore", *options, f"--use-list={wanted.name}", str(path))


def _schemas() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace")
        return [name for (name,) in cursor.fetchall()]


def _run(name: str, *arguments: str, connect: bool = True) -> str:
    parameters = connection.get_connection_params()
    known = {each.keyword.decode() for each in Conninfo.get_defaults()}
    given = {key: value for key, value in parameters.items() if key in known}
    # In the environment, since all users of the machine see arguments.
    environment = {"PGPASSWORD": str(given.pop("password", None) or "")}
    command = [str(_program(name)), *arguments]
    if connect:
        command.append(f"--dbname={make_conninfo(**given)}")
    done = subprocess.run(
        command,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DumpError(f"{name} failed: {done.stderr.strip()}")
    return done.stdout


def _program(name: str) -> Path:
    """Return the program of the server's version, or else the next newer one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        (server,) = cursor.fetchone()
    versions = {_major(path): path for path in reversed(_candidates(name))}
    if fitting := [version for version in versions if version >= server]:
        return versions[min(fitting)]
    raise DumpError(
        f"There is no {name} for PostgreSQL {server}. Install the client programs of"
        f" that version (Debian: postgresql-client-{server})."
    )


def _candidates(name: str) -> list[Path]:
    found = [Path(path)] if (path := shutil.which(name)) else []
    found += sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    with suppress(EmbeddedError):  # these are installed for development only
        found.append(find_binaries(settings.VAR, None).postgres / name)
    return [path for path in found if path.exists()]


def _major(program: Path) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True)
    version = re.search(r"\) (\d+)", done.stdout)
    return int(version[1]) if version else 0
