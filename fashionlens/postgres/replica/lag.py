"""How far a replica is behind, from positions in the log of the primary.

A replica's own figures say that it is up to date when it is cut off from the primary,
and behind when the primary has nothing to write.
"""

import math
from collections import deque


class LagGauge:
    def __init__(self, max_lag_s: float):
        self._max_lag_s = max_lag_s
        self._written: deque[tuple[float, int]] = deque()

    def note_written(self, at_s: float, position: int) -> None:
        """Note that the primary's log had grown to this position."""
        self._written.append((at_s, position))
        # Just as many as tell whether the replica is within the limit.
        while self._written[0][0] < at_s - self._max_lag_s:
            self._written.popleft()

    def lag_s(self, replayed: int) -> float:
        """Return how old the replica's data may be; infinite beyond the limit."""
        # Measured from the last answer of the primary: if that is down, nothing is
        # written, and the replica has what there is.
        reached = [at for at, position in self._written if position <= replayed]
        return self._written[-1][0] - reached[-1] if reached else math.inf
