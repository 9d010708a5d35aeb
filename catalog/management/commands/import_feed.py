import textwrap
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from catalog.feeds.archive import ArchiveRefused
from catalog.feeds.columns import Feed, FeedRefused
from catalog.feeds.fields import FIELDS, FeedField
from catalog.feeds.options import ImportOptions
from catalog.feeds.plain_text import one_line
from catalog.feeds.rows import RowProblem
from catalog.feeds.run import FeedReport
from catalog.feeds.runs.execution import AlreadyImporting, RunStopped, execute
from catalog.feeds.runs.models import FeedRun, FeedSource
from catalog.feeds.runs.problems import write_problems
from catalog.feeds.runs.source_files import open_source
from catalog.feeds.zip_files import is_zip, unpacked

MAX_SHOWN = 20  # problems on the console
CONTINUE = "What was imported stays. Run the same command again to continue."


def describe(field: FeedField) -> str:
    names = ", ".join([field.column, *field.aliases])
    gap = " " * 28
    lines = textwrap.wrap(field.help, 60, break_on_hyphens=False)
    text = textwrap.indent("\n".join(lines), gap)
    if len(names) > 24:
        return f"  {names}\n{text}"
    return f"  {names:<26}{text.lstrip()}"


HELP = f"""\
Create and update products from a product feed: CSV, TSV, Excel workbook, JSON lines,
Google's XML, a product export of Shopify or WooCommerce, or a ZIP archive of one of
them with the photos. The format is recognised by itself.

The columns are those of Google Merchant Center, in any order; upper and lower case,
spaces and underscores make no difference. id (or sku) is required. A new product also
needs a title, a price and a category.

{chr(10).join(map(describe, FIELDS))}

An empty cell empties description or brand; an empty quantity beside an availability
makes the quantity unknown. An empty title or price is an error. Any other empty cell,
and any column that the feed does not have, leaves the product as it is.

Photos keep the feed's order. Photos that an earlier import added and the feed no longer
names are removed. Photos added by hand stay, behind the feed's. A known photo is not
read again: files are compared by size and time, web addresses by asking the server
whether they changed. Running workers index new photos.

Rows with an error are skipped and reported. If a photo cannot be read, its product
keeps the photos it had; a new product whose photos all fail waits for the next import.
Run the same command again after a stop: it continues.
"""
EPILOG = """\
The exit status is 0 if the feed was read and at least one row was imported, even if
others were skipped. It is 1 if the feed could not be read, nothing was imported, or
archiving was refused.

  manage.py import_feed products.csv
  manage.py import_feed export-2026-11-27.tsv --feed-name shop --archive-missing
  manage.py import_feed liste.csv --encoding cp1252 --column title=Bezeichnung --dry-run
"""
# Each option with what argparse needs to know of it.
OPTIONS: dict[str, dict[str, Any]] = {
    "--photos": {
        "type": Path,
        "metavar": "DIR",
        "help": "the folder that paths of photos start from (default: the feed's),"
        " or a ZIP archive of them",
    },
    "--column": {
        "action": "append",
        "default": [],
        "metavar": "NAME=HEADING",
        "help": "map a column with another heading: title=Bezeichnung (repeat it)",
    },
    "--encoding": {
        "default": "",
        "help": "the encoding of the file (default: recognised if it is UTF-8,"
        " UTF-16 or Windows-1252)",
    },
    "--category": {
        "default": "",
        "help": "the category of new products whose rows name none",
    },
    "--feed-name": {
        "metavar": "NAME",
        "help": "the name by which the shop knows the feed (default: the file's name)",
    },
    "--archive-missing": {
        "action": "store_true",
        "help": "archive products that this feed created and no longer names; they are"
        " published again when they come back",
    },
    "--force": {
        "action": "store_true",
        "help": "archive even more than 10 % of the feed's products, and even if rows"
        " have no valid id",
    },
    "--trust-links": {
        "action": "store_true",
        "help": "do not ask servers whether photos at known addresses changed",
    },
    "--allow-private": {
        "action": "store_true",
        "help": "fetch photos from private networks and from any port too",
    },
    "--errors": {
        "type": Path,
        "metavar": "FILE.csv",
        "help": "write the rows with problems to this file; correct and import them",
    },
    "--dry-run": {
        "action": "store_true",
        "help": "report what would happen, and store nothing",
    },
}


class Command(BaseCommand):
    help = HELP

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        options |= {"epilog": EPILOG, "formatter_class": RawDescriptionHelpFormatter}
        return super().create_parser(*args, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the file of the feed")
        for name, settings in OPTIONS.items():
            parser.add_argument(name, **settings)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(**options)
        except (FeedRefused, ArchiveRefused, AlreadyImporting) as error:
            raise CommandError(str(error)) from error
        except (KeyboardInterrupt, RunStopped):
            raise CommandError(f"Stopped. {CONTINUE}") from None
        except OSError as error:  # a full disk, or no permission
            raise CommandError(
                f"A file cannot be read or written: {error}. {CONTINUE}"
            ) from error

    def _run(self, file: Path, **arguments: Any) -> None:
        options = _make_options(file, arguments)
        source, _ = FeedSource.objects.get_or_create(name=options.feed_name)
        mapping = _parse_mapping(arguments["column"]) or source.mapping
        run = FeedRun(
            source=source,
            file_name=file.name[:200],
            dry_run=options.dry_run,
            force=arguments["force"],
        )
        with unpacked(file) as path:
            read = partial(
                open_source, path, encoding=arguments["encoding"], mapping=mapping
            )
            read()
            run.save()
            source.forget_old_runs()

            def announce() -> Feed:
                feed = read()
                self._announce(feed, options)
                return feed

            try:
                self._import(run, announce, options, arguments)
            finally:
                if arguments["errors"]:
                    _write_errors(arguments["errors"], run)

    def _import(
        self,
        run: FeedRun,
        announce: Callable[[], Feed],
        options: ImportOptions,
        arguments: dict[str, Any],
    ) -> None:
        log = ProblemLog(to_file=bool(arguments["errors"]))
        try:
            with tqdm(unit=" rows", desc="Importing") as bar:

                def show(rows: int, total: int) -> None:
                    bar.total = total
                    bar.update(rows - bar.n)

                archive = arguments["archive_missing"]
                execute(
                    run,
                    announce,
                    options,
                    archive=archive,
                    on_problem=log.add,
                    on_rows=show,
                )
        except ArchiveRefused:
            self._summarise(FeedReport(**run.counts), options, log)
            raise
        report = FeedReport(**run.counts)
        self._summarise(report, options, log)
        would = "would be " if options.dry_run else ""
        if archive:
            self.stdout.write(f"{report.archived} products {would}archived.")
        if report.sold_out:
            self.stdout.write(f"{report.sold_out} sizes {would}sold out.")
        if not report.stored:
            raise CommandError("No rows were imported. Correct the rows and run again.")

    def _announce(self, feed: Feed, options: ImportOptions) -> None:
        if unused := feed.unused_headings:
            self.stdout.write(f"Columns not used: {', '.join(unused)}.")
        if options.dry_run:
            self.stdout.write("This is a dry run: nothing is stored.")

    def _summarise(
        self, report: FeedReport, options: ImportOptions, log: "ProblemLog"
    ) -> None:
        for line in log.lines:
            self.stderr.write(line)
        would = "would be " if options.dry_run else ""
        self.stdout.write(
            f"{report.created} products {would}created, {report.updated}"
            f" {would}updated, {report.unchanged} unchanged;"
            f" {report.photos_added} photos {would}added, {report.photos_removed}"
            f" {would}removed. {report.skipped} rows skipped,"
            f" {report.photos_failed} photos failed."
        )
        if report.returned:
            self.stdout.write(
                f"{report.returned} products are back and {would}published again."
            )
        if report.photos_added and not options.dry_run:
            self.stdout.write(
                "Running workers index new photos within a minute; `manage.py embed`"
                " does it at once."
            )


class ProblemLog:
    """Keeps the first problems for the console."""

    def __init__(self, *, to_file: bool) -> None:
        self.to_file = to_file
        self.shown: list[str] = []
        self.count = 0

    def add(self, problem: RowProblem) -> None:
        self.count += 1
        if self.count <= MAX_SHOWN:
            self.shown.append(str(problem))

    @property
    def lines(self) -> list[str]:
        if self.count <= MAX_SHOWN:
            return self.shown
        hint = "" if self.to_file else " Pass --errors FILE.csv to write all of them."
        return [*self.shown, f"There are {self.count - MAX_SHOWN} more problems.{hint}"]


def _write_errors(path: Path, run: FeedRun) -> None:
    # Excel reads UTF-8 only with a BOM.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        write_problems(file, run.problems.all())


def _make_options(file: Path, arguments: dict[str, Any]) -> ImportOptions:
    errors = arguments["errors"]
    if errors and errors.resolve() == file.resolve():
        raise CommandError(f"--errors {errors} is the feed itself. Name another file.")
    return ImportOptions(
        feed_name=arguments["feed_name"] or file.stem,
        photos=arguments["photos"] or (file if is_zip(file) else file.parent),
        category=one_line(arguments["category"]),
        allow_private=arguments["allow_private"],
        trust_links=arguments["trust_links"],
        dry_run=arguments["dry_run"],
    )


def _parse_mapping(columns: list[str]) -> dict[str, str]:
    mapping = {}
    for text in columns:
        column, _, heading = text.partition("=")
        if not column or not heading:
            raise CommandError(f"--column {text} is incomplete. Write NAME=HEADING.")
        mapping[heading] = column
    return mapping
