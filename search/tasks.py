import logging
import time

from celery import shared_task

from catalog.upkeep.runs import send, upkeep_task
from search.change.rollout import finish_loading
from search.events.record import delete_old_events
from search.index.attributes import name_all_attributes
from search.index.embed import embed_due
from search.index.encoders import active_encoder
from search.index.pause import is_paused
from search.index.throughput import count_photos
from search.index.word_map import learn_word_map
from search.models import Encoder, Photo
from search.query.duplicates import find_duplicates
from search.query.recall import NothingToMeasure, measure_recall

log = logging.getLogger(__name__)


@shared_task
def embed_pending() -> int:
    """Embed all due photos; return their number.

    Messages carry no ids, so that a lost or repeated message does no harm.
    """
    return embed_due(progress=count_photos, paused=is_paused).embedded


@upkeep_task
def measure_active_recall() -> None:
    try:
        log.info("%s", measure_recall(active_encoder()))
    except NothingToMeasure as reason:
        log.info("Recall was not measured: %s", reason)


@upkeep_task
def forget_old_events() -> None:
    log.info("Old events deleted: %s", delete_old_events())


@upkeep_task
def look_for_duplicates() -> None:
    log.info("Duplicates: %s", find_duplicates())


@upkeep_task
def learn_words() -> None:
    encoder = active_encoder()
    log.info("Photos with other attributes: %d", name_all_attributes(encoder))
    log.info("Looks of words: %s", learn_word_map(encoder))


@upkeep_task
def load_encoders() -> None:
    """Give encoders that were added their vectors and their index."""
    for encoder in Encoder.objects.filter(state=Encoder.State.LOADING):
        while not is_paused() and Photo.objects.due(encoder).exists():
            embed_due(encoder=encoder, progress=count_photos, paused=is_paused)
            time.sleep(1)  # for those that other workers hold
        if not is_paused():
            finish_loading(encoder)


def wake_worker(times: int = 1) -> bool:
    """Ask workers to embed; return whether the broker answered.

    If not, the photos stay pending until the scheduler's next run.
    """
    return all(send(embed_pending) for _ in range(times))
