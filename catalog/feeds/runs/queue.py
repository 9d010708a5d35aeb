"""Runs that workers import: uploaded files, and those of scheduled addresses."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.base import File

from catalog.feeds.archive import ArchiveRefused
from catalog.feeds.columns import Feed, FeedRefused
from catalog.feeds.options import ImportOptions
from catalog.feeds.runs.download import download, name_of
from catalog.feeds.runs.execution import (
    AlreadyImporting,
    RunStopped,
    execute,
)
from catalog.feeds.runs.files import local_file, store_file
from catalog.feeds.runs.models import FeedRun, FeedSource
from catalog.feeds.runs.source_files import open_source
from catalog.feeds.zip_files import is_zip, unpacked
from catalog.locks import try_lock
from catalog.photos.remote import AddressError

log = logging.getLogger(__name__)


def create_run(
    *,
    source: FeedSource,
    file: File,
    file_name: str,
    user: Any = None,
    parent: FeedRun | None = None,
) -> FeedRun:
    """Store a file that is to be imported."""
    name = store_file(file, file_name)
    run = FeedRun.objects.create(
        source=source, user=user, file=name, file_name=file_name[:200], parent=parent
    )
    source.forget_old_runs()
    return run


def create_remote_run(*, source: FeedSource, address: str) -> FeedRun:
    """Note an address whose file is to be imported."""
    run = FeedRun.objects.create(
        source=source, address=address, file_name=name_of(address)
    )
    source.forget_old_runs()
    return run


def request(run: FeedRun, *, dry_run: bool, force: bool = False) -> FeedRun:
    """Let a worker import a run; return the one that goes on if there is another."""
    others = run.source.runs.active().exclude(pk=run.pk)
    if other := others.first():
        return other
    if not run.is_active:
        run.set(
            state=FeedRun.State.WAITING,
            dry_run=dry_run,
            force=force,
            stop_requested=False,
            tries=0,
        )
    return run


def request_stop(run: FeedRun) -> None:
    run.set(stop_requested=True)
    waiting = FeedRun.objects.filter(pk=run.pk, state=FeedRun.State.WAITING)
    waiting.update(state=FeedRun.State.STOPPED)


def import_due() -> int:
    """Import all runs that wait, and those whose worker was killed."""
    done = 0
    for run in FeedRun.objects.due().select_related("source"):
        try:
            import_run(run)
        except AlreadyImporting:
            continue  # by another worker
        except (
            *(FeedRefused, ArchiveRefused, RunStopped, OSError),
            AddressError,
        ) as error:
            log.info("%s: %s", run, error)
        except Exception:
            log.exception("The import of %s broke off.", run)
        done += 1
    return done


def import_run(run: FeedRun) -> None:
    """Import the file of a run. Raises what `execute` raises, and AddressError."""
    source = run.source
    if run.address and not run.file:
        with try_lock(f"download {run.pk}") as is_free:
            if not is_free:
                raise AlreadyImporting("The file is being fetched.")
            download(run)
    with (
        local_file(run.file) as path,
        unpacked(path) as feed_path,
        _photos(run, path) as photos,
    ):
        options = ImportOptions(
            feed_name=source.name,
            photos=photos,
            category=source.category,
            trust_links=source.trust_links,
            dry_run=run.dry_run,
        )

        def open_file() -> Feed:
            return open_source(
                feed_path, encoding=source.encoding, mapping=source.mapping
            )

        execute(run, open_file, options, archive=source.archive_missing)


@contextmanager
def _photos(run: FeedRun, path: Path) -> Iterator[Path]:
    """Yield where the photos of a file are: in an archive, or nowhere."""
    with ExitStack() as stack:
        parent = run.parent
        if not is_zip(path) and parent and parent.file:
            path = stack.enter_context(local_file(parent.file))
        if is_zip(path):
            yield path
        else:
            yield Path(stack.enter_context(TemporaryDirectory(prefix="feed-")))


def remember_mapping(source: FeedSource, mapping: Mapping[str, str]) -> None:
    source.mapping = dict(mapping)
    source.save(update_fields=["mapping"])
