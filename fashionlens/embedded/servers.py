"""Start and stop one PostgreSQL and one Valkey."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from fashionlens.embedded import places, processes
from fashionlens.embedded.accounts import server_account
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.locks import is_current
from fashionlens.embedded.programs import find_programs

# mmap: /dev/shm has 64 MB in containers, too little for an index build.
POSTGRES_OPTIONS = {
    "shared_buffers": "128MB",
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
# Results and cache keys have a time to live, queues have none and are never evicted.
VALKEY_OPTIONS = ["--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"]

Command = list[str | Path]


class Servers:
    """The servers of one `var`, for whoever holds its claim (locks.py).

    `throw_away` servers (for tests) may lose their data when the machine stops.
    """

    def __init__(self, var: Path, lock_fd: int, *, throw_away: bool = False):
        self.var, self.throw_away, self._lock_fd = var, throw_away, lock_fd
        self._account = server_account(var / "servers")
        self._home = places.server_home(var, self._account)
        self._programs = find_programs(var, self._account)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start both and wait until both answer; EmbeddedError says what went wrong."""
        run = places.make_run_dir(self.var, self._account)
        data = self._make_cluster()
        # Nobody else has the lock, so these belong to nobody: see locks.py.
        for stale in (data / "postmaster.pid", *run.iterdir()):
            stale.unlink(missing_ok=True)
        self._start_postgres(data, run)
        self._start_valkey(run)
        self._wait("postgres", self._prepare_database)
        self._wait("valkey", lambda: ping_valkey(self.var))

    def check(self) -> None:
        """Raise when one of them has stopped by itself, or lost its folder."""
        if not is_current(self.var, self._lock_fd):
            raise EmbeddedError(f"{self.var} was deleted while its servers ran.")
        for name, process in self._running.items():
            if (status := process.poll()) is not None:
                log = self.log(name)
                raise EmbeddedError(
                    f"The embedded {name} server stopped (status {status})."
                    f" Its log is {log}:{processes.last_lines(log)}"
                )

    def stop(self, hurried: Callable[[], bool] = lambda: False) -> None:
        """Valkey first; PostgreSQL by SIGINT, as SIGTERM would wait for its clients."""
        for name, how in (("valkey", signal.SIGTERM), ("postgres", signal.SIGINT)):
            if process := self._running.pop(name, None):
                processes.stop(process, how, 20, hurried)
        if is_current(self.var, self._lock_fd):  # or they are another one's by now
            shutil.rmtree(places.run_dir(self.var).parent, ignore_errors=True)

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def _spawn(
        self, name: str, command: Command, death: signal.Signals, cwd: Path
    ) -> subprocess.Popen[bytes]:
        with processes.open_log(self.log(name)) as log:
            return processes.spawn(
                command,
                lock_fd=self._lock_fd,
                death=death,
                output=log,
                account=self._account,
                env=self._programs.environment(),
                cwd=cwd,
            )

    def _make_cluster(self) -> Path:
        """The data folder, made by initdb under another name until it is complete."""
        data, unfinished = self._home / "postgres", self._home / "postgres.unfinished"
        if data.exists():
            return data
        shutil.rmtree(unfinished, ignore_errors=True)
        command: Command = [self._programs.postgres / "initdb", "-D", unfinished]
        command += ["-U", places.USER, "-A", "trust", "-E", "UTF8", "--no-locale"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--no-sync"] if self.throw_away else []
        initdb = self._spawn("initdb", command, signal.SIGKILL, self._home)
        if initdb.wait() != 0:
            log = self.log("initdb")
            raise EmbeddedError(
                f"PostgreSQL could not make its data folder {data}. The log is"
                f" {log}:{processes.last_lines(log)}"
            )
        unfinished.rename(data)
        return data

    def _start_postgres(self, data: Path, run: Path) -> None:
        options = POSTGRES_OPTIONS | (THROW_AWAY_OPTIONS if self.throw_away else {})
        command: Command = [self._programs.postgres / "postgres", "-D", data, "-k", run]
        command += ["-h", "", "-p", places.PORT]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self._running["postgres"] = self._spawn(
            "postgres", command, signal.SIGINT, self._home
        )

    def _start_valkey(self, run: Path) -> None:
        folder = self._home / "valkey"
        folder.mkdir(exist_ok=True)
        if self._account:
            self._account.own(folder)
        socket = run / places.VALKEY_SOCKET
        command: Command = [
            self._programs.valkey,
            "--port",
            "0",
            "--unixsocket",
            socket,
        ]
        command += ["--unixsocketperm", "700", "--save", "", "--dir", "."]
        command += ["--appendonly", "no" if self.throw_away else "yes"]
        command += ["--appendfsync", "everysec", *VALKEY_OPTIONS]
        self._running["valkey"] = self._spawn("valkey", command, signal.SIGTERM, folder)

    def _wait(self, name: str, answers: Callable[[], None]) -> None:
        """Call `answers` until it does not raise; long only while data is recovered."""
        started = time.monotonic()
        while True:
            self.check()
            try:
                return answers()
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
            self._try_pgvector(connection)
            named = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not connection.execute(named, [places.DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {places.DATABASE}")

    def _try_pgvector(self, connection: psycopg.Connection) -> None:
        """Let it compute once; on a CPU it is not built for the connection is lost."""
        found = f"The PostgreSQL that was found ({self._programs.postgres})"
        way_out = (
            "Set EMBED_PG_BIN to the bin folder of a PostgreSQL with a portable"
            " pgvector, or set DATABASE_URL and REDIS_URL to servers of your own."
        )
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute("SELECT '[1,2]'::vector <=> '[2,1]'")
        except psycopg.NotSupportedError as error:
            raise EmbeddedError(f"{found} has no pgvector. {way_out}") from error
        except psycopg.OperationalError as error:
            raise EmbeddedError(
                f"{found} has a pgvector that this CPU cannot run. {way_out}"
            ) from error


def connect(var: Path, database: str = places.DATABASE) -> psycopg.Connection:
    return psycopg.connect(
        host=str(places.run_dir(var)),
        port=places.PORT,
        user=places.USER,
        dbname=database,
        autocommit=True,
        connect_timeout=5,
    )


def ping_valkey(var: Path) -> None:
    socket = places.run_dir(var) / places.VALKEY_SOCKET
    with redis.Redis(unix_socket_path=str(socket), socket_timeout=5) as client:
        client.ping()


def answer(var: Path) -> bool:
    """Whether the servers of `var` take our commands now."""
    try:
        places.check_run_dir(var)
        with connect(var):
            ping_valkey(var)
    except (psycopg.OperationalError, redis.RedisError, OSError):
        return False
    return True
