"""Processes that a killed launcher left behind, found by the lock file they hold.

A number in a pid file may belong to another process by now. A process that has the lock
file open has inherited it from a launcher.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


def find_holders(lock: Path) -> dict[int, str]:
    if not lock.exists():
        return {}
    on_linux = sys.platform == "linux"
    holders = _holders_by_proc(lock) if on_linux else _holders_by_lsof(lock)
    holders.pop(os.getpid(), None)
    return holders


def _holders_by_proc(lock: Path) -> dict[int, str]:
    wanted = lock.stat()
    holders = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone by now, or another user's
            for fd in (process / "fd").iterdir():
                opened = fd.stat()
                if (opened.st_dev, opened.st_ino) == (wanted.st_dev, wanted.st_ino):
                    holders[int(process.name)] = (process / "comm").read_text().strip()
                    break
    return holders


def _holders_by_lsof(lock: Path) -> dict[int, str]:
    # macOS has no /proc, but comes with lsof.
    listed = subprocess.run(
        ["lsof", "-Fpc", "--", str(lock)], capture_output=True, text=True, check=False
    )
    holders, pid = {}, 0
    for line in listed.stdout.splitlines():
        if line.startswith("p"):
            pid = int(line[1:])
        elif line.startswith("c"):
            holders[pid] = line[1:]
    return holders


def stop_holders(lock: Path, patience_s: float = 10.0) -> None:
    """Stop every holder of `lock`, with SIGKILL once `patience_s` is over."""
    end = time.monotonic() + patience_s
    signalled: set[int] = set()
    while holders := find_holders(lock):
        late = time.monotonic() > end
        for pid, program in holders.items():
            if late or pid not in signalled:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if late else _stop_signal(program))
                signalled.add(pid)
        if time.monotonic() > end + 2:
            return
        time.sleep(0.05)


def _stop_signal(program: str) -> signal.Signals:
    if program == "postgres":
        return signal.SIGINT
    if program == "valkey-server":
        return signal.SIGTERM
    # A Celery worker without its broker hangs on every milder signal.
    return signal.SIGKILL
