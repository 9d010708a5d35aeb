"""Which requests wait for a thread, and which are told to come again."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from fashionlens.server.worker import (
    MAX_WAITING_PHOTOS,
    NICENESS,
    PHOTO_THREADS,
    Pools,
)

# A thread may not have taken the first of them yet.
TAKEN = range(MAX_WAITING_PHOTOS, MAX_WAITING_PHOTOS + PHOTO_THREADS + 1)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def send(gate) -> Iterator[Callable[..., SimpleNamespace]]:
    pools = Pools(threads=1)

    def send(method: str, path: str, *, busy: bool = False) -> SimpleNamespace:
        request = SimpleNamespace(command=method, path=path, error=None, busy=busy)
        request.done = threading.Event()

        def service() -> None:
            if not request.busy and path != "/healthz":
                gate.wait(10)
            request.done.set()

        channel = SimpleNamespace(requests=[request], service=service)
        channel.cancel = gate.set
        pools.add_task(channel)
        return request

    yield send
    gate.set()
    pools.shutdown(timeout=5)


def test_only_so_many_photo_searches_wait(send, gate):
    searches = [send("POST", "/search/") for _ in range(40)]
    waiting = [each for each in searches if not each.busy]
    assert len(waiting) in TAKEN
    assert searches[-1].done.wait(10)
    gate.set()
    assert all(each.done.wait(10) for each in waiting)


def test_pages_do_not_wait_for_photo_searches(send, gate):
    for _ in range(40):
        send("POST", "/api/v1/search/")
    assert not send("GET", "/").busy
    assert not send("GET", "/search/").busy


@pytest.mark.parametrize("path", ["/", "/search/"])
def test_the_health_check_waits_for_nothing(send, path):
    requests = [send("GET" if path == "/" else "POST", path) for _ in range(200)]
    assert requests[-1].busy
    health = send("GET", "/healthz")
    assert health.done.wait(10)
    assert not health.busy


def test_a_request_without_room_is_answered_at_once(send):
    assert send("POST", "/search/", busy=True).done.wait(10)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority")
def test_photo_searches_leave_the_processor_to_pages():
    pools, seen = Pools(threads=1), {}
    for method, path in (("POST", "/search/"), ("GET", "/")):
        request = SimpleNamespace(command=method, path=path, error=None, busy=False)
        done = threading.Event()

        def service(method: str = method, done: threading.Event = done) -> None:
            thread = threading.get_native_id()
            seen[method] = os.getpriority(os.PRIO_PROCESS, thread)
            done.set()

        pools.add_task(SimpleNamespace(requests=[request], service=service))
        assert done.wait(10)
    pools.shutdown(timeout=5)
    assert seen["POST"] == seen["GET"] + NICENESS
