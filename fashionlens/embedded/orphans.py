"""Find and stop what a killed launcher left behind.

Pid files lie: the number may belong to somebody else by now. The lock file does not:
whoever has it open inherited it from a launcher of ours.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


def holders(lock: Path) -> dict[int, str]:
    """Pid to program name of every other process that has `lock` open."""
    if not lock.exists():
        return {}
    found = _from_proc(lock) if sys.platform == "linux" else _from_lsof(lock)
    found.pop(os.getpid(), None)
    return found


def _from_proc(lock: Path) -> dict[int, str]:
    wanted = lock.stat()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone by now, or another user's
            for fd in (process / "fd").iterdir():
                opened = fd.stat()
                if (opened.st_dev, opened.st_ino) == (wanted.st_dev, wanted.st_ino):
                    found[int(process.name)] = (process / "comm").read_text().strip()
                    break
    return found


def _from_lsof(lock: Path) -> dict[int, str]:
    """macOS has no /proc, but brings lsof along."""
    listed = subprocess.run(
        ["lsof", "-Fpc", "--", str(lock)], capture_output=True, text=True, check=False
    )
    found, pid = {}, 0
    for line in listed.stdout.splitlines():
        if line.startswith("p"):
            pid = int(line[1:])
        elif line.startswith("c"):
            found[pid] = line[1:]
    return found


def stop(lock: Path, patience_s: float = 10.0) -> None:
    """Stop every holder of `lock`: each as it takes it well, then with SIGKILL."""
    end = time.monotonic() + patience_s
    told: set[int] = set()
    while left := holders(lock):
        late = time.monotonic() > end
        for pid, name in left.items():
            if late or pid not in told:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if late else _polite(name))
                told.add(pid)
        if time.monotonic() > end + 2:
            return
        time.sleep(0.05)


def _polite(program: str) -> signal.Signals:
    """A Celery worker without its broker hangs on every milder signal."""
    if program == "postgres":
        return signal.SIGINT
    if program == "valkey-server":
        return signal.SIGTERM
    return signal.SIGKILL
