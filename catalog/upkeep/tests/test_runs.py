import threading

import pytest
from celery import current_app
from django.db import connections
from kombu.exceptions import OperationalError

from catalog.locks import try_lock
from catalog.tasks import resume_upkeep
from catalog.upkeep.models import UpkeepRun
from catalog.upkeep.runs import AlreadyRunning, request_run, run_alone, upkeep_task

pytestmark = pytest.mark.django_db

done: list[str] = []


@upkeep_task
def count_stock() -> None:
    done.append("stock")


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[dict[str, str]]:
    """Collect the arguments of the messages to workers."""
    done.clear()
    messages: list[dict[str, str]] = []
    monkeypatch.setattr(
        count_stock, "apply_async", lambda kwargs, **options: messages.append(kwargs)
    )
    return messages


def interrupt() -> UpkeepRun:
    """Leave what a worker leaves that was killed in the middle."""
    run = UpkeepRun.objects.create(name=count_stock.name)
    run.start()
    return run


def test_a_task_that_is_sent_twice_runs_twice_one_after_the_other():
    count_stock()
    count_stock()
    assert done == ["stock", "stock"]


def test_a_task_does_nothing_while_another_process_runs_it():
    with try_lock(count_stock.name) as is_free:
        assert is_free
        count_stock()
    assert done == []
    count_stock()
    assert done == ["stock"]


def test_a_command_is_told_since_when_the_task_has_been_running():
    run = interrupt()
    with (
        try_lock(count_stock.name),
        pytest.raises(AlreadyRunning, match=f"since {run.started_display}"),
        run_alone(count_stock.name),
    ):
        pass


def test_three_clicks_run_a_task_once(sent):
    requests = [request_run(count_stock) for _ in range(3)]
    assert [request.joined for request in requests] == [False, True, True]
    assert len(sent) == 1
    count_stock(**sent[0])
    assert done == ["stock"]
    assert request_run(count_stock).joined is False


def test_requests_that_waited_together_run_a_task_once(sent):
    request_run(count_stock)
    UpkeepRun.objects.update(requested=None)  # as two clicks at the same moment see it
    request_run(count_stock)
    assert len(sent) == 2
    for message in sent:
        count_stock(**message)
    assert done == ["stock"]


def test_a_click_during_a_run_joins_it(sent):
    run = interrupt()
    request = request_run(count_stock)
    assert request.joined and request.run.is_running
    assert request.run.started == run.started
    assert sent == []


def test_a_run_whose_worker_was_killed_is_resumed_and_then_done(sent):
    interrupt()
    resume_upkeep()
    count_stock(**sent[0])
    assert done == ["stock"]
    resume_upkeep()
    assert len(sent) == 1


def test_a_request_whose_message_was_lost_is_sent_again(sent):
    request_run(count_stock)
    sent.clear()
    resume_upkeep()
    count_stock(**sent[0])
    assert done == ["stock"]


def test_a_run_that_kills_its_worker_each_time_is_given_up(sent):
    run = interrupt()
    for _ in range(UpkeepRun.MAX_TRIES - 1):
        run.start()
    resume_upkeep()
    assert sent == []
    assert request_run(count_stock).joined is False  # a person may try again


def test_a_run_that_fails_has_ended(sent):
    with pytest.raises(ValueError, match="broken"), run_alone(count_stock.name):
        raise ValueError("broken")
    resume_upkeep()
    assert sent == []


def test_a_request_without_a_broker_is_kept(monkeypatch, sent):
    def down(**options) -> None:
        raise OperationalError("down")

    monkeypatch.setattr(count_stock, "apply_async", down)
    assert request_run(count_stock).sent is False
    assert UpkeepRun.objects.unfinished().exists()


def test_a_lock_is_free_again_when_its_process_has_ended():
    def hold_and_leave() -> None:
        with pytest.raises(SystemExit), try_lock("here") as is_free:
            assert is_free
            raise SystemExit
        connections.close_all()

    thread = threading.Thread(target=hold_and_leave)
    thread.start()
    thread.join()
    for _ in range(100):
        with try_lock("here") as is_free:
            if is_free:
                return
    raise AssertionError("the lock is still held")


def test_all_scheduled_tasks_exist(settings):
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in current_app.tasks
