"""File locks under `var`. The kernel releases them, however a process ends.

launcher.lock   held by the process that started the servers, and by no other
processes.lock  also held by every process it started, through an inherited
                descriptor. Once it is free they are all gone, so its holder may
                delete stale pid and socket files.
users.lock      shared by the commands that use servers of another launcher, which
                waits for them before it stops the servers
"""

import fcntl
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.lock_holders import find_holders, stop_holders
from fashionlens.embedded.paths import make_var

# On Linux the kernel stops the children of a killed launcher (processes.py). Elsewhere
# nothing does, so waiting for them is useless.
GRACE_S = 5.0 if sys.platform == "linux" else 0.0


# Not the library `filelock`: child processes must inherit the descriptor, and some
# locks are shared.
class Lock:
    def __init__(self, path: Path):
        self.path = path
        try:
            self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise EmbeddedError(f"Cannot open {path}: {error.strerror}.") from error

    def acquire(self, *, shared: bool = False, wait: bool = False) -> bool:
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self.fd, mode | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def acquire_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self.acquire():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def close(self) -> None:
        os.close(self.fd)


@dataclass(frozen=True)
class Launcher:
    """The process that started the servers."""

    pid: int
    uid: int
    command: str

    def __str__(self) -> str:
        return f"manage.py {self.command} (pid {self.pid})"


class Claim:
    """The right to start the servers of one `var`."""

    def __init__(self, launcher: Lock, processes: Lock, command: str):
        self._launcher, self._processes = launcher, processes
        self.fd = processes.fd  # every process started under this claim inherits it
        text = json.dumps({"pid": os.getpid(), "uid": os.geteuid(), "command": command})
        os.truncate(launcher.fd, 0)
        os.pwrite(launcher.fd, text.encode(), 0)

    def release(self) -> None:
        stop_holders(self._processes.path)
        self._processes.close()
        os.truncate(self._launcher.fd, 0)
        self._launcher.close()


def claim(var: Path, command: str) -> Claim | None:
    """Return the claim on `var`, or None while another launcher has it.

    Stop the processes that a killed launcher left behind, after a grace period.
    """
    make_var(var)
    launcher = Lock(var / "launcher.lock")
    if not launcher.acquire():
        launcher.close()
        return None
    processes = Lock(var / "processes.lock")
    if not processes.acquire_within(GRACE_S):
        stop_holders(processes.path)
        if not processes.acquire_within(5.0):
            pids = ", ".join(map(str, find_holders(processes.path))) or "unknown"
            raise EmbeddedError(
                f"Processes of an earlier start are still running (pids {pids}). Stop"
                " them and start again."
            )
    return Claim(launcher, processes, command)


def is_current(var: Path, fd: int) -> bool:
    """Return whether `fd` is still the lock file in `var`, which may be deleted."""
    path = var / "processes.lock"
    return path.exists() and os.path.samestat(path.stat(), os.fstat(fd))


def read_launcher(var: Path) -> Launcher | None:
    try:
        return Launcher(**json.loads((var / "launcher.lock").read_text()))
    except (OSError, ValueError, TypeError):
        return None
