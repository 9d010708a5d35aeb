"""Files of a feed, read with the columns that the shop remembers of it."""

from collections.abc import Mapping
from pathlib import Path

from catalog.feeds.columns import Feed, Preview
from catalog.feeds.formats.source import open_feed, recognise_feed
from catalog.feeds.runs.files import local_file
from catalog.feeds.runs.models import FeedRun
from catalog.feeds.runs.problems import PROBLEM
from catalog.feeds.zip_files import unpacked


def open_source(path: Path, *, encoding: str, mapping: Mapping[str, str]) -> Feed:
    """Return the feed in a file. Raises FeedRefused and OSError."""
    # Rows that were corrected have the shop's own columns, whatever the feed's are.
    is_correction = PROBLEM in recognise_feed(path, encoding=encoding).unused_headings
    return open_feed(path, encoding=encoding, mapping={} if is_correction else mapping)


def preview_run(run: FeedRun, count: int) -> tuple[str, Preview]:
    """Return the format of a run's file, and its first rows.

    Raises FeedRefused and OSError.
    """
    source = run.source
    with local_file(run.file) as path, unpacked(path) as feed_path:
        feed = recognise_feed(
            feed_path, encoding=source.encoding, mapping=source.mapping
        )
        return feed.kind, feed.preview(count)
