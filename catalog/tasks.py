import logging

from celery import shared_task

from catalog.bulk.begun import forget_begun
from catalog.feeds.runs.queue import import_due
from catalog.feeds.runs.schedule import fetch_due
from catalog.history.entries import forget_old_entries
from catalog.idempotency.answers import forget_old_answers
from catalog.photos.check import check_media
from catalog.photos.renditions.sweep import draw_due
from catalog.prices.sales import apply_all_sales
from catalog.product_words.sweep import refresh_all, refresh_pending
from catalog.trash.services import empty_trash
from catalog.upkeep.runs import resume_runs, upkeep_task
from catalog.variants.sweep import add_all_missing_variants

log = logging.getLogger(__name__)


@upkeep_task
def repair_media() -> None:
    check = check_media(repair=True)
    level = logging.ERROR if check.lost else logging.INFO
    log.log(
        level,
        "Photos: %d checked, %d without a file; %d files without a photo deleted.",
        check.photos,
        len(check.lost),
        len(check.spare),
    )


@shared_task
def resume_upkeep() -> None:
    resume_runs()


@shared_task
def draw_renditions() -> int:
    return draw_due()


@shared_task
def import_feeds() -> int:
    return import_due()


@shared_task
def fetch_feeds() -> int:
    return fetch_due()


@shared_task
def refresh_pending_words() -> int:
    return refresh_pending()


@upkeep_task
def refresh_all_words() -> None:
    refresh_all()


@shared_task
def begin_and_end_sales() -> int:
    return apply_all_sales()


@shared_task
def forget_idempotency_keys() -> None:
    forget_old_answers()


@upkeep_task
def complete_variants() -> None:
    add_all_missing_variants()


@upkeep_task
def forget_history() -> None:
    log.info("Old entries of the history deleted: %d", forget_old_entries())


@shared_task
def forget_drafts() -> None:
    forget_begun()


@upkeep_task
def delete_trash() -> None:
    log.info("Products deleted for good: %d", empty_trash())
