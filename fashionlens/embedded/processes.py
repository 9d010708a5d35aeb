"""Child processes that end with their parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.system_user import SystemUser

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | Path],
    *,
    lock_fd: int,
    death_signal: signal.Signals,
    output: IO[bytes] | int,
    user: SystemUser | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str = "/",
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session, so that Ctrl-C reaches only the parent.

    The process inherits the processes lock (locks.py). On Linux the kernel sends it
    `death_signal` when the calling thread ends, so call this from the main thread.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=[lock_fd],
        start_new_session=True,
        preexec_fn=_death_signal_setter(death_signal),
        env=env,
        cwd=cwd,
        **user_arguments(user),
    )


def user_arguments(user: SystemUser | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user.uid, "group": user.gid, "extra_groups": []}


def _death_signal_setter(death_signal: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    parent, libc = os.getpid(), _libc

    def set_death_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died before the call
            os._exit(1)

    return set_death_signal


def stop(
    process: subprocess.Popen[bytes],
    stop_signal: signal.Signals,
    patience_s: float,
    is_hurried: Callable[[], bool] = lambda: False,
) -> None:
    if process.poll() is None:
        process.send_signal(stop_signal)
    wait_or_kill(process, patience_s, is_hurried)


def wait_or_kill(
    process: subprocess.Popen[bytes],
    patience_s: float,
    is_hurried: Callable[[], bool] = lambda: False,
) -> None:
    """Wait for a process that is stopping; kill its session after `patience_s`."""
    waited = 0.0
    while process.poll() is None and waited < patience_s and not is_hurried():
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
        waited += 0.1
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def open_log(path: Path, keep_bytes: int = 5_000_000) -> IO[bytes]:
    """Open a log for appending; move it aside first when it is large."""
    if path.exists() and path.stat().st_size > keep_bytes:
        path.replace(path.with_name(path.name + ".1"))
    try:
        return path.open("ab")
    except OSError as error:
        raise EmbeddedError(f"Cannot write {path}: {error.strerror}.") from error


def last_lines(path: Path, count: int = 5) -> str:
    with suppress(OSError), path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 4000))
        lines = log.read().decode(errors="replace").splitlines()[-count:]
        return "".join(f"\n  {line}" for line in lines)
    return ""
