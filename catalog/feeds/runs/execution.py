"""Import the file of a run, and write down how it goes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from django.utils import timezone

from catalog.feeds.archive import ArchiveRefused, find_missing
from catalog.feeds.columns import Feed, FeedRefused, Record
from catalog.feeds.options import ImportOptions
from catalog.feeds.records import RecordFile, record_file
from catalog.feeds.rows import RowProblem
from catalog.feeds.run import FeedImport, FeedReport
from catalog.feeds.runs.models import FeedRun
from catalog.feeds.runs.problems import PROBLEM, ProblemBuffer
from catalog.feeds.store.products import ProductChange
from catalog.locks import try_lock
from catalog.models import Product
from catalog.money import amount

MAX_CHANGES = 200  # shown of a run
MAX_VALUE_CHARS = 200
_STATES = FeedRun.State


class AlreadyImporting(RuntimeError):
    """The same feed is being imported; the message names it."""


class RunStopped(RuntimeError):
    """A person asked the run to stop."""


class RunLog:
    """Writes progress, problems and changes of a run, batch by batch."""

    def __init__(
        self, run: FeedRun, on_problem: Callable[[RowProblem], object] | None = None
    ) -> None:
        self.run = run
        self.on_problem = on_problem
        self.problems = ProblemBuffer(run)
        self.changes: list[dict[str, Any]] = []
        self.rows_done = 0

    def add_problem(self, problem: RowProblem, record: Record) -> None:
        self.problems.add(problem, record.cells)
        if self.on_problem:
            self.on_problem(problem)

    def add_change(self, change: ProductChange) -> None:
        if len(self.changes) < MAX_CHANGES:
            self.changes.append(_describe(change))

    def add_rows(self, count: int) -> None:
        """Note progress. Raises RunStopped if a person asked for it."""
        self.rows_done += count
        self.problems.flush()
        going_on = FeedRun.objects.filter(pk=self.run.pk, stop_requested=False)
        if not going_on.update(rows_done=self.rows_done):
            raise RunStopped


def execute(
    run: FeedRun,
    open_file: Callable[[], Feed],
    options: ImportOptions,
    *,
    archive: bool,
    on_problem: Callable[[RowProblem], object] | None = None,
    on_rows: Callable[[int, int], object] = lambda rows, total: None,
) -> FeedReport:
    """Import a file; the run ends in the state that it is left in.

    Raises FeedRefused, ArchiveRefused, AlreadyImporting, RunStopped and OSError.
    """
    with _alone(run, options), _recorded(run):
        log = RunLog(run, on_problem)
        feed = open_file()
        corrects = PROBLEM in feed.unused_headings  # some rows of an earlier run
        options = replace(options, partial=corrects)
        with record_file(feed, quoted=corrects) as records:
            run.set(rows=records.count, is_correction=corrects)

            def add_rows(count: int) -> None:
                log.add_rows(count)
                on_rows(log.rows_done, records.count)

            work = FeedImport(
                options, records, log.add_problem, add_rows, log.add_change
            )
            try:
                report = work.run()
            finally:
                log.problems.flush()
                run.set(counts=vars(work.report), changes=log.changes)
            if archive and not corrects:
                _archive(run, records, report, options)
        return report


def _archive(
    run: FeedRun, records: RecordFile, report: FeedReport, options: ImportOptions
) -> None:
    missing = find_missing(options.feed_name, records)
    report.archived, report.sold_out = len(missing.products), len(missing.sizes)
    if options.dry_run:
        return
    if not run.force:
        try:
            missing.check(unidentified=report.unidentified)
        except ArchiveRefused:
            report.archived = report.sold_out = 0
            raise
    missing.archive()


@contextmanager
def _alone(run: FeedRun, options: ImportOptions) -> Iterator[None]:
    name = run.source.name
    with nullcontext(True) if options.dry_run else try_lock(f"feed {name}") as is_free:
        if not is_free:
            running = run.source.runs.filter(state=_STATES.RUNNING).first()
            since = timezone.localtime(running.started) if running else None
            at = f" since {since:%H:%M}" if since else ""
            raise AlreadyImporting(
                f"The feed {name} is already being imported{at}. Wait until that ends,"
                " or stop it."
            )
        yield


@contextmanager
def _recorded(run: FeedRun) -> Iterator[None]:
    """Write the state of a run when it begins and ends.

    SystemExit, which stops a worker, leaves the run to be resumed.
    """
    run.problems.all().delete()
    begun = {"started": timezone.now(), "finished": None, "tries": run.tries + 1}
    run.set(state=_STATES.RUNNING, rows_done=0, message="", **begun)
    state, message = _STATES.FAILED, ""
    try:
        yield
        state = _STATES.CHECKED if run.dry_run else _STATES.DONE
    except ArchiveRefused as error:
        state, message = _STATES.ASKING, str(error)
        raise
    except RunStopped:
        state = _STATES.STOPPED
        raise
    except KeyboardInterrupt:
        state = _STATES.STOPPED
        raise
    except SystemExit:
        state = _STATES.RUNNING
        raise
    except Exception as error:
        known = isinstance(error, FeedRefused | OSError)
        message = str(error) if known else f"The import broke off: {error!r}"
        raise
    finally:
        if state != _STATES.RUNNING:
            run.set(state=state, message=message, finished=timezone.now(), tries=0)


def _describe(change: ProductChange) -> dict[str, Any]:
    product = change.product
    fields = {} if change.is_new else change.fields
    return {
        "sku": product.sku,
        "title": product.title,
        "kind": "new" if change.is_new else "changed",
        "fields": [
            [
                name.removesuffix("_cents").replace("_", " "),
                *(_as_text(name, value, product) for value in (before, after)),
            ]
            for name, (before, after) in sorted(fields.items())
        ],
        "locked": sorted(change.locked),
    }


def _as_text(name: str, value: Any, product: Product) -> str:
    if name.endswith("price_cents") and value is not None:
        return amount(value, product.currency)
    return "" if value is None else str(value)[:MAX_VALUE_CHARS]
