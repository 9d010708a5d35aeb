"""Processes that are started again when they stop."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fashionlens.embedded.errors import EmbeddedError
from fashionlens.embedded.processes import last_lines

MIN_LIFE_S = 30.0  # a process that stops sooner has stopped early
FIRST_PAUSE_S = 1.0  # doubled after each early stop
MAX_EARLY_STOPS = 5  # in a row, after which it is not started again


class Supervised:
    def __init__(
        self, title: str, log: Path, spawn: Callable[[], subprocess.Popen[bytes]]
    ) -> None:
        self.title, self.log, self._spawn = title, log, spawn
        self._early_stops = 0
        self._restart_at: float | None = None
        self._start()

    def check(self) -> None:
        """Raise EmbeddedError if the process has stopped."""
        if (status := self.process.poll()) is not None:
            raise self._error(f"stopped (status {status})")

    def restart_if_stopped(self, say: Callable[[str], object]) -> None:
        """Start the process again after a pause; raise EmbeddedError if that is vain.

        Call this often: it does not wait.
        """
        status = self.process.poll()
        if status is None:
            return
        now = time.monotonic()
        if self._restart_at is None:
            stopped_early = now - self._started < MIN_LIFE_S
            self._early_stops = self._early_stops + 1 if stopped_early else 0
            if self._early_stops >= MAX_EARLY_STOPS:
                raise self._error(
                    f"stopped {MAX_EARLY_STOPS} times in a row, each time within"
                    f" {MIN_LIFE_S:.0f} s (status {status})"
                )
            pause_s = FIRST_PAUSE_S * 2 ** max(0, self._early_stops - 1)
            self._restart_at = now + pause_s
            say(
                f"The {self.title} stopped (status {status}) and starts again in"
                f" {pause_s:.0f} s. Its log is {self.log}."
            )
        if now >= self._restart_at:
            with suppress(ProcessLookupError):  # what it left of its session
                os.killpg(self.process.pid, signal.SIGKILL)
            self._start()

    def _start(self) -> None:
        self.process = self._spawn()
        self._started = time.monotonic()
        self._restart_at = None

    def _error(self, what: str) -> EmbeddedError:
        return EmbeddedError(
            f"The {self.title} {what}. Its log is {self.log}:{last_lines(self.log)}"
        )
