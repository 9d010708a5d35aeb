"""Probes of /healthz, as the health check of a container sends them."""

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

PROBE_EVERY_S, PROBE_LIMIT_S = 0.5, 4.0  # the limit of the container's health check


@dataclass
class Probes:
    sent: int = 0
    missed: int = 0
    slowest_s: float = 0
    _stop: Event = field(default_factory=Event)

    def run(self, port: int) -> None:
        while not self._stop.wait(PROBE_EVERY_S):
            self._probe(port)
        self._probe(port)

    def _probe(self, port: int) -> None:
        started = time.perf_counter()
        self.sent += 1
        self.missed += not _answers(port)
        self.slowest_s = max(self.slowest_s, time.perf_counter() - started)

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def probing(port: int) -> Iterator[Probes]:
    """Probe inside the block, and once after it."""
    probes = Probes()
    thread = Thread(target=probes.run, args=(port,))
    thread.start()
    try:
        yield probes
    finally:
        probes.stop()
        thread.join()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_LIMIT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
