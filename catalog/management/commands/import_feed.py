import csv
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from catalog.feeds.archive import ArchivingRefused, archive_missing
from catalog.feeds.columns import Feed, FeedRefused, count_rows
from catalog.feeds.rows import RowProblem, one_line
from catalog.feeds.run import Import, Report
from catalog.feeds.seen_skus import named_skus
from catalog.feeds.source import open_feed
from catalog.feeds.store import Options

SHOWN = 20  # problems on the console
GO_ON = "What was imported stays; run the same command again to go on."
HELP = """\
Make and update products from a product feed: CSV, TSV or Google's XML.

Columns go by the names of Google Merchant Center, in any order and any case, with
spaces or underscores. id (or sku) is needed; what a feed has no column for stays as it
is, and a new product needs title, price and a category too.

  id, sku                    which product; letters without accents, digits . _ -
  title, name                at most 160 characters
  description                HTML becomes text
  brand
  price                      19.90 EUR, EUR 19,90, 1.299,00 EUR, or 19.90 (--currency)
  product_type, category     of "Apparel > Women > Dresses" the last: Dresses
  google_product_category    where product_type is empty; numbers alone are not used
  image_link, image          a file below the feed's folder (--photos), or http(s)://
  additional_image_link,     more of them, with commas between
    images
  availability               in_stock; out_of_stock, preorder and backorder sell nothing
  quantity, stock, inventory a whole number; without it in_stock keeps what is known,
                             and without both a new product is sold out

An empty cell empties description or brand. Of the others, title and price may not be
empty, and the rest stays as it is. Photos go in the feed's order; those that it brought
before and no longer names are taken away, those added by hand stay behind them. Photos
already known are not read again: files by size and time, addresses by asking the server
whether they changed. Workers embed new ones by themselves.

Rows with something wrong are skipped and named. While a photo of a product cannot be
read, it keeps those that it had; one that is new and has none to show waits. Run the
same command again after a stop: it goes on.
"""
EPILOG = """\
The exit status is 0 when the feed was read and at least one row went in, even if others
were skipped; 1 when it could not be read, nothing went in, or archiving was refused.

  manage.py import_feed products.csv
  manage.py import_feed export-2026-11-27.tsv --feed-name shop --archive-missing
  manage.py import_feed liste.csv --encoding cp1252 --column title=Bezeichnung --dry-run
"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        options |= {"epilog": EPILOG, "formatter_class": RawDescriptionHelpFormatter}
        return super().create_parser(*args, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the feed")
        parser.add_argument(
            "--photos",
            type=Path,
            metavar="DIR",
            help="folder that paths of photos start from (default: the feed's)",
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="NAME=HEADING",
            help="use a column of another heading: title=Bezeichnung (repeat it)",
        )
        parser.add_argument(
            "--encoding", default="", help="default: UTF-8, or what the file's BOM says"
        )
        parser.add_argument(
            "--currency", default="EUR", help="of prices that name none (default: EUR)"
        )
        parser.add_argument(
            "--category", default="", help="of new products whose rows name none"
        )
        parser.add_argument(
            "--feed-name",
            metavar="NAME",
            help="products are known as this feed's by it (default: the file's name)",
        )
        parser.add_argument(
            "--archive-missing",
            action="store_true",
            help="archive products that this feed made and no longer names; those made"
            " by hand never. They are published again when they come back",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="archive them even if they are more than half of the feed's products,"
            " or rows without a readable id may have named them",
        )
        parser.add_argument(
            "--trust-links",
            action="store_true",
            help="do not ask servers whether photos at known addresses changed",
        )
        parser.add_argument(
            "--allow-private",
            action="store_true",
            help="fetch photos from private networks and from any port too",
        )
        parser.add_argument(
            "--errors", type=Path, metavar="FILE.csv", help="write every problem there"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say what would happen, store nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(**options)
        except FeedRefused as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(f"Stopped. {GO_ON}") from None
        except OSError as error:  # of MEDIA_ROOT or --errors: full, or not ours
            raise CommandError(f"A file cannot be written: {error}. {GO_ON}") from error

    def _run(self, file: Path, **options: Any) -> None:
        chosen = _options(file, options)
        feed = open_feed(
            file, encoding=options["encoding"], named=_named(options["column"])
        )
        total = count_rows(feed)
        self._introduce(feed, chosen)
        with (
            named_skus() as named,
            _problems(options["errors"]) as problems,
        ):
            with tqdm(total=total, unit=" rows", desc="Importing") as bar:
                each = Import(chosen, named, problems.add, bar.update)
                report = each.run(feed)
            self._conclude(report, problems, chosen)
            if options["archive_missing"]:
                self._archive(report, each, options["force"])

    def _introduce(self, feed: Feed, chosen: Options) -> None:
        if feed.unused:
            self.stdout.write(f"Columns not used: {', '.join(feed.unused)}.")
        if chosen.dry_run:
            self.stdout.write("A dry run: nothing is stored.")

    def _conclude(self, report: Report, problems: "Problems", chosen: Options) -> None:
        for line in problems.lines:
            self.stderr.write(line)
        would = "would be " if chosen.dry_run else ""
        self.stdout.write(
            f"{report.created} products {would}made, {report.updated} {would}updated,"
            f" {report.unchanged} unchanged; {report.photos} photos {would}added,"
            f" {report.removed} removed. {report.skipped} rows skipped,"
            f" {report.left_out} photos left out."
        )
        if report.returned:
            self.stdout.write(f"{report.returned} are back and {would}published again.")
        if report.photos and not chosen.dry_run:
            self.stdout.write(
                "Running workers embed them within a minute; `manage.py embed` at once."
            )
        if not report.stored:
            raise CommandError("No row went in.")

    def _archive(self, report: Report, each: Import, force: bool) -> None:
        options = each.options
        try:
            count = archive_missing(
                feed=options.name,
                named=each.named,
                unnamed=report.unnamed,
                force=force,
                dry_run=options.dry_run,
            )
        except ArchivingRefused as error:
            raise CommandError(str(error)) from error
        would = "would be " if options.dry_run else ""
        self.stdout.write(f"{count} products {would}archived.")


class Problems:
    """The first for the console, all of them in a file."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self.first: list[str] = []
        self.count = 0

    def add(self, problem: RowProblem) -> None:
        self.count += 1
        if self.count <= SHOWN:
            self.first.append(str(problem))
        if self.rows:
            self.rows.writerow(problem.cells)

    @property
    def lines(self) -> list[str]:
        if self.count <= SHOWN:
            return self.first
        where = "" if self.rows else "; --errors FILE.csv writes all of them"
        return [*self.first, f"and {self.count - SHOWN} more{where}."]


@contextmanager
def _problems(path: Path | None) -> Iterator[Problems]:
    if path is None:
        yield Problems(None)
        return
    # With a BOM, without which Excel does not read UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["row", "sku", "column", "value", "expected"])
        yield Problems(rows)


def _options(file: Path, options: dict[str, Any]) -> Options:
    errors = options["errors"]
    if errors and errors.resolve() == file.resolve():
        raise CommandError(f"--errors {errors} is the feed itself.")
    return Options(
        name=options["feed_name"] or file.stem,
        photos=options["photos"] or file.parent,
        currency=options["currency"].upper(),
        category=one_line(options["category"]),
        private=options["allow_private"],
        trust=options["trust_links"],
        dry_run=options["dry_run"],
    )


def _named(columns: list[str]) -> dict[str, str]:
    pairs = [column.partition("=") for column in columns]
    for name, _, heading in pairs:
        if not name or not heading:
            raise CommandError(f"--column {name}: write it as title=Bezeichnung.")
    return {name: heading for name, _, heading in pairs}
