"""Upkeep: tasks of minutes, of which one run at a time is enough.

The last run of each is a row, so that people see since when it has been running, and a
run whose worker was killed is repeated.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps

from celery import Task, current_app, shared_task
from django.utils.dateparse import parse_datetime
from kombu.exceptions import OperationalError

from catalog.locks import try_lock
from catalog.upkeep.models import UpkeepRun

log = logging.getLogger(__name__)

RESUME_S = 60  # between two looks for runs that were interrupted


class AlreadyRunning(RuntimeError):
    """Another process does the same."""

    def __init__(self, run: UpkeepRun) -> None:
        super().__init__(
            f"This is already running since {run.started_display}. Wait until it ends."
        )


@dataclass
class RunRequest:
    run: UpkeepRun
    joined: bool  # a run that waits or goes on
    sent: bool = True  # to a worker; else the broker did not answer


def upkeep_task(function: Callable[[], object]) -> Task:
    """Make a Celery task that does nothing while another process runs it."""
    name = f"{function.__module__}.{function.__name__}"

    @wraps(function)
    def run(requested: str = "") -> None:
        # Of several requests one run, begun after the last of them, is enough.
        moment = parse_datetime(requested) if requested else None
        if moment and UpkeepRun.objects.done_since(moment).filter(pk=name).exists():
            return
        try:
            with run_alone(name):
                function()
        except AlreadyRunning as error:
            log.info("%s: %s", name, error)

    return shared_task(name=name)(run)


@contextmanager
def run_alone(name: str) -> Iterator[None]:
    """Record a run. Raises AlreadyRunning."""
    with try_lock(name) as is_free:
        run, _ = UpkeepRun.objects.get_or_create(name=name)
        if not is_free:
            raise AlreadyRunning(run)
        run.start()
        try:
            yield
        # SystemExit, which stops a worker, leaves the run to be resumed.
        except (Exception, KeyboardInterrupt):
            run.end()
            raise
        run.end()


def request_run(task: Task) -> RunRequest:
    run, _ = UpkeepRun.objects.get_or_create(name=task.name)
    if UpkeepRun.objects.unfinished().filter(pk=run.pk).exists():
        return RunRequest(run, joined=True)
    run.request()
    return RunRequest(run, joined=False, sent=_send_request(task, run))


def resume_runs() -> None:
    """Send the runs again that wait, or that ended with their worker."""
    for run in UpkeepRun.objects.unfinished():
        if task := current_app.tasks.get(run.name):
            _send_request(task, run, expires=RESUME_S)


def _send_request(task: Task, run: UpkeepRun, expires: int | None = None) -> bool:
    moment = max(filter(None, (run.requested, run.started)))
    return send(task, requested=moment.isoformat(), expires=expires)


def send(task: Task, *, expires: int | None = None, **arguments: str) -> bool:
    """Send the task to a worker; return whether the broker answered."""
    try:
        task.apply_async(kwargs=arguments, expires=expires)
    except OperationalError as error:
        log.warning("The broker is down, %s runs later: %s", task.name, error)
        return False
    return True
