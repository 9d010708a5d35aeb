"""How fast photos are requested from one host: as fast as it answers."""

import time
from dataclasses import dataclass, field
from threading import Event, Lock

FIRST_INTERVAL_S = 0.05
MAX_INTERVAL_S = 5.0
MAX_PAUSE_S = 120.0
FIRST_PAUSE_S = 1.0  # where a busy host does not say how long to wait
PATIENCE_S = 600.0  # of nothing but "busy", before a host is given up


@dataclass
class HostPace:
    """The pace of several threads. `stopped` ends every wait."""

    stopped: Event
    interval_s: float = 0.0  # between two requests
    next_at: float = 0.0
    slowed_at: float = 0.0
    busy_since: float | None = None
    pause_s: float = FIRST_PAUSE_S
    lock: Lock = field(default_factory=Lock)

    def wait_for_turn(self) -> float:
        """Wait, and return the time at which the request begins."""
        with self.lock:
            turn = max(time.monotonic(), self.next_at)
            self.next_at = turn + self.interval_s
        wait_s = turn - time.monotonic()
        if wait_s > 0:
            self.stopped.wait(wait_s)
        return turn

    def slow_down(self, began: float, retry_after_s: float | None) -> bool:
        """Pause after "busy", and return whether it is worth to try again."""
        with self.lock:
            now = time.monotonic()
            self.busy_since = now if self.busy_since is None else self.busy_since
            pause_s = self.pause_s if retry_after_s is None else retry_after_s
            self.next_at = max(self.next_at, now + min(pause_s, MAX_PAUSE_S))
            # The answers to requests that had begun before the pause say nothing new.
            if began >= self.slowed_at:
                self.interval_s = min(
                    max(self.interval_s * 2, FIRST_INTERVAL_S), MAX_INTERVAL_S
                )
                self.pause_s = min(self.pause_s * 2, MAX_PAUSE_S)
                self.slowed_at = self.next_at
            return not self.stopped.is_set() and now - self.busy_since < PATIENCE_S

    def speed_up(self) -> None:
        with self.lock:
            self.busy_since, self.pause_s = None, FIRST_PAUSE_S
            self.interval_s = self.interval_s * 0.9 if self.interval_s > 0.001 else 0.0
