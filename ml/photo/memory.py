"""How much memory the photos being decoded at one time may take."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class DecoderBusy(Exception):
    """Other photos are still being decoded. The text is for people."""

    def __init__(self) -> None:
        super().__init__(
            "Too many photos are being read at the moment. Try again in a few seconds."
        )


class MemoryBudget:
    """Serves those who wait in their order; one that asks for too much gets all."""

    def __init__(self, total: int) -> None:
        self.total = self.free = total
        self._queue = threading.Lock()
        self._freed = threading.Condition()

    @contextmanager
    def reserve(self, amount: int, wait_s: float) -> Iterator[None]:
        """Hold this number of bytes. Raises DecoderBusy after waiting."""
        amount = min(amount, self.total)
        end = time.monotonic() + wait_s
        if not self._queue.acquire(timeout=wait_s):
            raise DecoderBusy
        try:
            with self._freed:
                left = max(0.0, end - time.monotonic())
                if not self._freed.wait_for(lambda: self.free >= amount, left):
                    raise DecoderBusy
                self.free -= amount
        finally:
            self._queue.release()
        try:
            yield
        finally:
            with self._freed:
                self.free += amount
                self._freed.notify_all()
