import logging

from celery import Task, shared_task
from kombu.exceptions import OperationalError

from search.events.record import delete_old_events
from search.index.embed import embed_due
from search.index.encoders import active_encoder
from search.query.duplicates import find_duplicates
from search.query.recall import NothingToMeasure, measure_recall

log = logging.getLogger(__name__)


@shared_task
def embed_pending() -> int:
    """Embed all due photos; return their number.

    Messages carry no ids, so that a lost or repeated message does no harm.
    """
    return embed_due().embedded


@shared_task
def measure_active_recall() -> None:
    try:
        log.info("%s", measure_recall(active_encoder()))
    except NothingToMeasure as reason:
        log.info("Recall was not measured: %s", reason)


@shared_task
def forget_old_events() -> int:
    return delete_old_events()


@shared_task
def look_for_duplicates() -> None:
    log.info("Duplicates: %s", find_duplicates())


def wake_worker(times: int = 1) -> bool:
    """Ask workers to embed; return whether the broker answered.

    If not, the photos stay pending until the scheduler's next run.
    """
    return all(_sent(embed_pending) for _ in range(times))


def wake_duplicate_finder() -> bool:
    return _sent(look_for_duplicates)


def _sent(task: Task) -> bool:
    try:
        task.delay()
    except OperationalError as error:
        log.warning("The broker is down, %s runs later: %s", task.name, error)
        return False
    return True
