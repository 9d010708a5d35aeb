"""One PostgreSQL and one Valkey as child processes."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import redis

from fashionlens.embedded import paths, processes
from fashionlens.embedded.binaries import find_binaries
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.locks import is_current
from fashionlens.embedded.supervisor import Supervised
from fashionlens.embedded.system_user import server_user

# mmap: /dev/shm has 64 MB in containers, which is too small for an index build.
# `shared_buffers` are taken only as tables and indexes grow.
POSTGRES_OPTIONS = {
    "shared_buffers": "512MB",
    "maintenance_work_mem": "256MB",
    "work_mem": "16MB",
    "max_parallel_maintenance_workers": "1",
    "max_connections": "60",
    "dynamic_shared_memory_type": "mmap",
    "io_workers": "2",
    "log_min_messages": "warning",
}
THROW_AWAY_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
}
# Results and cache keys expire, so they may be evicted; queues never expire.
VALKEY_OPTIONS = ["--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"]

Command = list[str | Path]


class Servers:
    """The servers of one `var`, for the process that holds its claim (locks.py).

    `throw_away` servers (for tests) may lose their data when the machine stops.
    """

    def __init__(self, var: Path, lock_fd: int, *, throw_away: bool = False):
        self.var, self.throw_away, self._lock_fd = var, throw_away, lock_fd
        self._user = server_user(var / "servers")
        self._home = paths.make_server_home(var, self._user)
        self._binaries = find_binaries(var, self._user)
        self._running: dict[str, Supervised] = {}

    def start(self) -> None:
        run = paths.make_run_dir(self.var, self._user)
        data = self._make_cluster()
        # This process holds the lock, so no server uses these files: see locks.py.
        for stale in (data / "postmaster.pid", *run.iterdir()):
            stale.unlink(missing_ok=True)
        self._supervise("postgres", partial(self._spawn_postgres, data, run))
        self._supervise("valkey", partial(self._spawn_valkey, run))
        self._wait("postgres", self._prepare_database)
        self._wait("valkey", lambda: ping_valkey(self.var))

    def check(self) -> None:
        """Raise EmbeddedError if a server has stopped or `var` was deleted."""
        self._check_folder()
        for server in self._running.values():
            server.check()

    def restart_stopped(self, say: Callable[[str], object]) -> None:
        """Start servers that have stopped again.

        Raises EmbeddedError if one keeps stopping or `var` was deleted.
        """
        self._check_folder()
        for server in self._running.values():
            server.restart_if_stopped(say)

    def _check_folder(self) -> None:
        if not is_current(self.var, self._lock_fd):
            raise EmbeddedError(f"{self.var} was deleted while its servers ran.")

    def stop(self, is_hurried: Callable[[], bool] = lambda: False) -> None:
        # On SIGTERM PostgreSQL would wait for its clients.
        stops = (("valkey", signal.SIGTERM), ("postgres", signal.SIGINT))
        for name, stop_signal in stops:
            if server := self._running.pop(name, None):
                processes.stop(server.process, stop_signal, 20, is_hurried)
        # If `var` was deleted, the sockets may be those of a new start.
        if is_current(self.var, self._lock_fd):
            shutil.rmtree(paths.run_dir(self.var).parent, ignore_errors=True)

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def _supervise(
        self, name: str, spawn: Callable[[], subprocess.Popen[bytes]]
    ) -> None:
        title = f"embedded {name} server"
        self._running[name] = Supervised(title, self.log(name), spawn)

    def _spawn(
        self, name: str, command: Command, death_signal: signal.Signals, cwd: Path
    ) -> subprocess.Popen[bytes]:
        with processes.open_log(self.log(name)) as log:
            return processes.spawn(
                command,
                lock_fd=self._lock_fd,
                death_signal=death_signal,
                output=log,
                user=self._user,
                env=self._binaries.environment(),
                cwd=cwd,
            )

    def _make_cluster(self) -> Path:
        # initdb works under another name until the cluster is complete.
        data, unfinished = self._home / "postgres", self._home / "postgres.unfinished"
        if data.exists():
            return data
        shutil.rmtree(unfinished, ignore_errors=True)
        command: Command = [self._binaries.postgres / "initdb", "-D", unfinished]
        command += ["-U", paths.USER, "-A", "trust", "-E", "UTF8", "--no-locale"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--no-sync"] if self.throw_away else []
        initdb = self._spawn("initdb", command, signal.SIGKILL, self._home)
        if initdb.wait() != 0:
            log = self.log("initdb")
            raise EmbeddedError(
                f"PostgreSQL could not create its data folder {data}. Its log is"
                f" {log}:{processes.last_lines(log)}"
            )
        unfinished.rename(data)
        return data

    def _spawn_postgres(self, data: Path, run: Path) -> subprocess.Popen[bytes]:
        options = POSTGRES_OPTIONS | (THROW_AWAY_OPTIONS if self.throw_away else {})
        command: Command = [self._binaries.postgres / "postgres", "-D", data, "-k", run]
        command += ["-h", "", "-p", paths.PORT]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return self._spawn("postgres", command, signal.SIGINT, self._home)

    def _spawn_valkey(self, run: Path) -> subprocess.Popen[bytes]:
        folder = self._home / "valkey"
        folder.mkdir(exist_ok=True)
        if self._user:
            self._user.own(folder)
        socket = run / paths.VALKEY_SOCKET
        command: Command = [
            self._binaries.valkey,
            "--port",
            "0",
            "--unixsocket",
            socket,
        ]
        command += ["--unixsocketperm", "700", "--save", "", "--dir", "."]
        command += ["--appendonly", "no" if self.throw_away else "yes"]
        command += ["--appendfsync", "everysec", *VALKEY_OPTIONS]
        return self._spawn("valkey", command, signal.SIGTERM, folder)

    def _wait(self, name: str, connect: Callable[[], None]) -> None:
        started = time.monotonic()
        while True:
            self.check()
            try:
                return connect()
            except (psycopg.OperationalError, redis.RedisError, OSError) as error:
                recovering = "the database system is" in str(error)
                recovering |= isinstance(error, redis.BusyLoadingError)
                if time.monotonic() - started > (600 if recovering else 60):
                    raise EmbeddedError(
                        f"The embedded {name} server does not answer: {error}."
                        f" Its log is {self.log(name)}."
                    ) from error
            time.sleep(0.02)

    def _prepare_database(self) -> None:
        with connect(self.var, "postgres") as connection:
            self._check_pgvector(connection)
            named = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not connection.execute(named, [paths.DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {paths.DATABASE}")

    def _check_pgvector(self, connection: psycopg.Connection) -> None:
        # On a CPU that pgvector is not built for, the computation ends the connection.
        server = f"The PostgreSQL in {self._binaries.postgres}"
        cure = (
            "Set EMBED_PG_BIN to the bin folder of a PostgreSQL with a portable"
            " pgvector, or set DATABASE_URL and REDIS_URL to servers of your own."
        )
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute("SELECT '[1,2]'::vector <=> '[2,1]'")
        except psycopg.NotSupportedError as error:
            raise EmbeddedError(f"{server} has no pgvector. {cure}") from error
        except psycopg.OperationalError as error:
            raise EmbeddedError(
                f"{server} has a pgvector that this CPU cannot run. {cure}"
            ) from error


def connect(var: Path, database: str = paths.DATABASE) -> psycopg.Connection:
    return psycopg.connect(
        host=str(paths.run_dir(var)),
        port=paths.PORT,
        user=paths.USER,
        dbname=database,
        autocommit=True,
        connect_timeout=5,
    )


def ping_valkey(var: Path) -> None:
    socket = paths.run_dir(var) / paths.VALKEY_SOCKET
    with redis.Redis(unix_socket_path=str(socket), socket_timeout=5) as client:
        client.ping()


def servers_answer(var: Path) -> bool:
    try:
        paths.check_run_dir(var)
        with connect(var):
            ping_valkey(var)
    except (psycopg.OperationalError, redis.RedisError, OSError):
        return False
    return True
