"""Feeds that are fetched from a web address, as often as a person said."""

import logging

from django.core.files.base import ContentFile
from django.utils import timezone

from catalog.feeds.runs.download import LIMITS, name_of
from catalog.feeds.runs.models import FeedRun, FeedSource
from catalog.feeds.runs.queue import create_run, request
from catalog.photos.remote import AddressError, fetch

log = logging.getLogger(__name__)


def fetch_due() -> int:
    """Fetch all feeds that are due; return how many have changed."""
    changed = 0
    for source in FeedSource.objects.exclude(address=""):
        if source.is_due:
            changed += fetch_feed(source) is not None
    return changed


def fetch_feed(source: FeedSource) -> FeedRun | None:
    """Let a worker import what is at the address, unless it has not changed.

    What went wrong is written to the source.
    """
    source.fetched, source.fetch_error = timezone.now(), ""
    run = None
    try:
        fetched = fetch(source.address, since=source.version, limits=LIMITS)
    except AddressError as error:
        source.fetch_error = str(error)
        log.warning("%s: %s", source, error)
    else:
        if fetched.content is not None:
            name = name_of(source.address)
            file = ContentFile(fetched.content)
            run = create_run(source=source, file=file, file_name=name)
            run = request(run, dry_run=False)
            source.version = dict(fetched.version)
    source.save(update_fields=["fetched", "fetch_error", "version"])
    return run
