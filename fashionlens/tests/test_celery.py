import os
from types import SimpleNamespace

import pytest
from celery.concurrency import get_implementation

from fashionlens.celery import Watchdog, app


class Timer:
    def call_repeatedly(self, period_s, function):
        self.period_s, self.turn = period_s, function


class Ended(BaseException):
    pass


@pytest.fixture
def watchdog(monkeypatch):
    """Return a watchdog and its worker's timer; its thread runs when it is started."""

    def end(status: int) -> None:
        raise Ended(status)

    def thread(target, daemon):
        return SimpleNamespace(start=lambda: None)

    monkeypatch.setattr(os, "_exit", end)
    threads = SimpleNamespace(Thread=thread)
    monkeypatch.setattr("fashionlens.celery.threading", threads)
    worker = SimpleNamespace(timer=Timer(), pool_cls=get_implementation("prefork"))
    step = Watchdog(worker)
    step.start(worker)
    return step, worker.timer


def test_a_worker_whose_loop_stands_still_ends(watchdog, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("fashionlens.celery.time.sleep", slept.append)
    step, timer = watchdog
    with pytest.raises(Ended):
        step._watch()
    assert sum(slept) == 120
    assert timer.period_s < 120


def test_a_worker_whose_loop_turns_goes_on(watchdog, monkeypatch):
    step, timer = watchdog
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if sum(slept) < 600:
            timer.turn()

    monkeypatch.setattr("fashionlens.celery.time.sleep", sleep)
    with pytest.raises(Ended):
        step._watch()
    assert sum(slept) >= 600 + 120 - 2 * step.period_s


@pytest.mark.parametrize(("pool", "watched"), [("prefork", True), ("solo", False)])
def test_only_workers_that_fork_are_watched(pool, watched):
    worker = SimpleNamespace(pool_cls=get_implementation(pool))
    assert Watchdog(worker).include_if(worker) is watched
    assert Watchdog in app.steps["worker"]
