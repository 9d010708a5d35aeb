"""The pace of requests, by a clock of its own."""

from threading import Event

import pytest

from catalog.feeds.photos import pace
from catalog.feeds.photos.pace import HostPace


class Clock(Event):
    """An event that passes the time of whoever waits for it."""

    def __init__(self, monkeypatch) -> None:
        super().__init__()
        self.now = 100.0
        monkeypatch.setattr(pace.time, "monotonic", lambda: self.now)

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0
        return False


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


def test_a_host_that_answers_is_not_waited_for(clock):
    host = HostPace(clock)
    for _ in range(100):
        host.wait_for_turn()
        host.speed_up()
    assert clock.now == 100


def test_a_busy_host_is_asked_again_after_the_time_it_names(clock):
    host = HostPace(clock)
    assert host.slow_down(host.wait_for_turn(), 7)
    assert host.wait_for_turn() == clock.now == 107


def test_pauses_grow_where_a_host_names_no_time(clock):
    host = HostPace(clock)
    for _ in range(3):
        host.slow_down(host.wait_for_turn(), None)
    host.wait_for_turn()
    assert clock.now == pytest.approx(100 + 1 + 2 + 4)


def test_the_pace_falls_when_a_host_is_busy_and_rises_when_it_answers(clock):
    host = HostPace(clock)
    began = [host.wait_for_turn() for _ in range(8)]
    for each in began:  # eight threads get the same answer
        host.slow_down(each, 1)
    assert host.interval_s == pace.FIRST_INTERVAL_S
    host.slow_down(host.wait_for_turn(), 1)
    assert host.interval_s == 2 * pace.FIRST_INTERVAL_S
    for _ in range(100):
        host.speed_up()
    assert host.interval_s == 0


def test_a_host_that_is_always_busy_is_given_up(clock):
    host = HostPace(clock)
    tries = 1
    while host.slow_down(host.wait_for_turn(), 60):
        tries += 1
    assert clock.now - 100 == pytest.approx(pace.PATIENCE_S, abs=61)
    assert tries > 5


def test_nobody_waits_for_a_host_after_a_stop(clock):
    clock.set()
    assert not HostPace(clock).slow_down(100, 1)
