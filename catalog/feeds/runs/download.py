"""Files of feeds that are fetched from a web address."""

from urllib.parse import unquote, urlsplit

from django.core.files.base import ContentFile
from django.utils import timezone

from catalog.feeds.runs.files import store_file
from catalog.feeds.runs.models import FeedRun
from catalog.photos.remote import MB, AddressError, Limits, fetch

LIMITS = Limits("feed", max_bytes=100 * MB, timeout_s=300.0)


def name_of(address: str) -> str:
    return unquote(urlsplit(address).path.rpartition("/")[2])[-200:] or "feed"


def download(run: FeedRun) -> None:
    """Fetch the file of a run, which fails if it cannot be had.

    Raises AddressError.
    """
    run.set(state=FeedRun.State.RUNNING, tries=run.tries + 1)
    try:
        content = fetch(run.address, limits=LIMITS).content
    except AddressError as error:
        ended = {"finished": timezone.now(), "tries": 0}
        run.set(state=FeedRun.State.FAILED, message=str(error), **ended)
        raise
    assert content is not None  # no version was passed
    run.set(file=store_file(ContentFile(content), run.file_name))
