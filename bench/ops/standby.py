"""A streaming replica of an embedded server: built, stopped and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from fashionlens.embedded.binaries import find_binaries
from fashionlens.embedded.paths import PORT, USER
from fashionlens.embedded.processes import stop, user_arguments
from fashionlens.embedded.system_user import SystemUser

OPTIONS = {
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "io_workers": "2",
    "log_min_messages": "warning",
}


class Standby:
    """A server in `folder`, which becomes a copy of the one at `socket_dir`."""

    def __init__(self, folder: Path, socket_dir: str, owner: SystemUser | None):
        self.folder, self.data = folder, folder / "data"
        self._primary, self._owner = socket_dir, owner
        self._binaries = find_binaries(folder, owner)
        self._process: subprocess.Popen[bytes] | None = None

    def copy_primary(self) -> None:
        command = [self._binaries.postgres / "pg_basebackup", "--pgdata", self.data]
        command += ["--host", self._primary, "--port", PORT, "--username", USER]
        command += ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        subprocess.run(
            [str(part) for part in command],
            env=self._binaries.environment(),
            cwd=self.folder,
            check=True,
            **user_arguments(self._owner),
        )

    def start(self, **options: str) -> None:
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        command = [str(self._binaries.postgres / "postgres"), "-D", str(self.data)]
        command += ["-k", str(self.folder), "-h", "", "-p", PORT]
        for name, value in {**OPTIONS, **options}.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "standby.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=self._binaries.environment(),
                cwd=self.folder,
                start_new_session=True,
                **user_arguments(self._owner),
            )
        self._wait()

    def kill(self) -> None:
        """End it as a machine that loses power."""
        if self._process:
            stop(self._process, signal.SIGQUIT, 10)
            self._process = None

    def url(self, database: str) -> str:
        return f"postgres://{USER}@{quote(str(self.folder), safe='')}:{PORT}/{database}"

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)


@contextmanager
def standby(socket_dir: str, **options: str) -> Iterator[Standby]:
    """Run a copy of the server at `socket_dir`; delete it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fl-standby-", dir="/tmp"))
    owner = None
    if os.geteuid() == 0:  # as whom the primary runs
        owner = SystemUser.from_uid(Path(socket_dir).stat().st_uid)
        owner.own(folder)
    server = Standby(folder, socket_dir, owner)
    try:
        server.copy_primary()
        server.start(**options)
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
