"""Three locks under `var`, all of them flock: the kernel frees them, however we die.

launcher.lock   held by the process that started the servers, and by it alone
processes.lock  also held by every process it started: they inherit the descriptor.
                It is free only when all of them are gone, zombies included, so with
                it held stale pid and socket files are deleted without guessing.
users.lock      shared by commands that use servers another one started, which waits
                for them before it stops the servers
"""

import fcntl
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from fashionlens.embedded import orphans
from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.places import make_var

# On Linux the kernel tells the children of a killed launcher to stop (processes.py);
# elsewhere nobody does, and waiting for them is in vain.
GRACE_S = 5.0 if sys.platform == "linux" else 0.0


class Lock:
    def __init__(self, path: Path):
        self.path = path
        try:
            self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise EmbeddedError(f"Cannot open {path}: {error.strerror}.") from error

    def take(self, *, shared: bool = False, wait: bool = False) -> bool:
        how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self.fd, how | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def take_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self.take():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def close(self) -> None:
        os.close(self.fd)


@dataclass(frozen=True)
class Holder:
    """Who started the servers."""

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
        """Let go; whatever is left of the processes is stopped first."""
        orphans.stop(self._processes.path)
        self._processes.close()
        os.truncate(self._launcher.fd, 0)
        self._launcher.close()


def claim(var: Path, command: str) -> Claim | None:
    """The claim on `var`, or None while another launcher has it.

    What a killed launcher left behind is given time to stop, and then stopped.
    """
    make_var(var)
    launcher = Lock(var / "launcher.lock")
    if not launcher.take():
        launcher.close()
        return None
    processes = Lock(var / "processes.lock")
    if not processes.take_within(GRACE_S):
        orphans.stop(processes.path)
        if not processes.take_within(5.0):
            left = ", ".join(map(str, orphans.holders(processes.path))) or "unknown"
            raise EmbeddedError(
                f"Processes of an earlier start still run (pids {left}). Stop them"
                " and start again."
            )
    return Claim(launcher, processes, command)


def is_current(var: Path, fd: int) -> bool:
    """Whether `fd` is still the lock that others would find: `var` can be deleted."""
    path = var / "processes.lock"
    return path.exists() and os.path.samestat(path.stat(), os.fstat(fd))


def holder(var: Path) -> Holder | None:
    """Who has the claim, as far as it is known; only meaningful while one has it."""
    try:
        return Holder(**json.loads((var / "launcher.lock").read_text()))
    except (OSError, ValueError, TypeError):
        return None
