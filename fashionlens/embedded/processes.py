"""Start a process that dies with us, and stop it."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from fashionlens.embedded.accounts import Account
from fashionlens.embedded.errors import EmbeddedError

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | Path],
    *,
    lock_fd: int,
    death: signal.Signals,
    output: IO[bytes] | int,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str = "/",
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl-C reaches only us.

    It inherits the processes lock (locks.py) and, on Linux, gets `death` when this
    thread ends, SIGKILL included: call it from the main thread.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=[lock_fd],
        start_new_session=True,
        preexec_fn=_die_with_parent(death),
        env=env,
        cwd=cwd,
        **become(account),
    )


def become(account: Account | None) -> dict[str, Any]:
    """Popen's arguments to run as `account`."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _die_with_parent(death: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    parent, libc = os.getpid(), _libc

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death))
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask_kernel


def stop(
    process: subprocess.Popen[bytes],
    how: signal.Signals,
    patience_s: float,
    hurried: Callable[[], bool] = lambda: False,
) -> None:
    """Send `how` and wait: see `finish`."""
    if process.poll() is None:
        process.send_signal(how)
    finish(process, patience_s, hurried)


def finish(
    process: subprocess.Popen[bytes],
    patience_s: float,
    hurried: Callable[[], bool] = lambda: False,
) -> None:
    """Wait for a process that was told to stop; kill its session when that is over."""
    waited = 0.0
    while process.poll() is None and waited < patience_s and not hurried():
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
        waited += 0.1
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def open_log(path: Path, keep_bytes: int = 5_000_000) -> IO[bytes]:
    """Open a log to append to; a large one is moved aside first."""
    if path.exists() and path.stat().st_size > keep_bytes:
        path.replace(path.with_name(path.name + ".1"))
    try:
        return path.open("ab")
    except OSError as error:
        raise EmbeddedError(f"Cannot write {path}: {error.strerror}.") from error


def last_lines(path: Path, count: int = 5) -> str:
    """The end of a log, indented, to put under an error message."""
    with suppress(OSError), path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 4000))
        lines = log.read().decode(errors="replace").splitlines()[-count:]
        return "".join(f"\n  {line}" for line in lines)
    return ""
