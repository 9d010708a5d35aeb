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
    """Embed whatever is due. It carries no ids: a lost or doubled message costs
    nothing, and the periodic run is the sweep. Returns how many were embedded."""
    return embed_due().embedded


@shared_task
def measure_active_recall() -> None:
    """Add to the history of the active encoder's index; the scheduler's nightly run."""
    try:
        log.info("%s", measure_recall(active_encoder()))
    except NothingToMeasure as reason:
        log.info("Recall is not measured: %s", reason)


@shared_task
def forget_old_events() -> int:
    """The scheduler's nightly run; returns how many rows went."""
    return delete_old_events()


@shared_task
def look_for_duplicates() -> None:
    """Renew the groups that the admin shows; the scheduler's nightly run."""
    log.info("Duplicates: %s", find_duplicates())


def wake_worker(times: int = 1) -> bool:
    """Ask the workers to look for pending photos. With the broker down the photos
    stay pending and the next sweep finds them."""
    return all(_sent(embed_pending) for _ in range(times))


def wake_duplicate_finder() -> bool:
    """Ask a worker to look for duplicates now; False with the broker down."""
    return _sent(look_for_duplicates)


def _sent(task: Task) -> bool:
    try:
        task.delay()
    except OperationalError as error:
        log.warning("The broker did not answer, the scheduler will: %s", error)
        return False
    return True
