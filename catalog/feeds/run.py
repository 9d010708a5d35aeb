"""A run of an import: check the rows, read their photos, store them in batches."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import reset_queries, transaction

from catalog.feeds.brands import BrandSpellings
from catalog.feeds.columns import Record
from catalog.feeds.groups import RowGroup
from catalog.feeds.options import ImportOptions
from catalog.feeds.photos.batch import PhotoBatch
from catalog.feeds.records import RecordFile
from catalog.feeds.rows import ProductRow, RowProblem, read_row
from catalog.feeds.store.matches import StoredProducts
from catalog.feeds.store.products import ProductBatch, ProductChange
from catalog.feeds.unchanged import digest_of, find_unchanged
from catalog.locks import IMPORT, lock_until_commit
from catalog.photos.unused import remove_files_on_error

BATCH_ROWS = 500


@dataclass
class FeedReport:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    emptied: int = 0  # archived, because all of their sizes are those of others
    skipped: int = 0  # rows
    unidentified: int = 0  # skipped rows that may have named any product
    photos_added: int = 0
    photos_removed: int = 0
    photos_failed: int = 0
    returned: int = 0  # archived by their feed, published again
    archived: int = 0  # because the feed no longer names them
    sold_out: int = 0  # sizes that it no longer names, of products that stay

    @property
    def stored(self) -> int:
        return self.created + self.updated + self.unchanged


@dataclass
class FeedImport:
    """One run of one feed."""

    options: ImportOptions
    records: RecordFile
    on_problem: Callable[[RowProblem, Record], object]
    on_rows: Callable[[int], object] = lambda rows: None
    on_change: Callable[[ProductChange], object] = lambda change: None
    report: FeedReport = field(default_factory=FeedReport)

    def run(self) -> FeedReport:
        """Import all rows.

        Raises OSError if photos cannot be stored.
        """
        self.brands = BrandSpellings()
        with PhotoBatch.open(self.options) as self.photos:
            for batch in _batches(self.records):
                self.problems: list[tuple[RowProblem, Record]] = []
                self._import(batch)
                for problem, record in sorted(
                    self.problems, key=lambda each: each[0].row
                ):
                    self.on_problem(problem, record)
                self.on_rows(sum(map(len, batch)))
                reset_queries()  # with DEBUG, Django keeps the text of each
        return self.report

    def _import(self, batch: list[list[Record]]) -> None:
        digests = [digest_of(records, self.options) for records in batch]
        unchanged = find_unchanged(
            batch,
            digests,
            feed_name=self.options.feed_name,
            reader=self.photos.reader,
        )
        self.report.unchanged += len(unchanged)
        rest = [
            (records, digest)
            for number, (records, digest) in enumerate(zip(batch, digests, strict=True))
            if number not in unchanged
        ]
        self.record_of = {r.row: r for records, _ in rest for r in records}
        groups = [self._read_group(records, digest) for records, digest in rest]
        self._store([group for group in groups if group])

    def _read_group(self, records: list[Record], digest: str) -> RowGroup | None:
        """Return the rows that can be stored."""
        rows = []
        for record in records:
            row = read_row(record, currency=self.options.currency)
            for note in row.notes:
                self.problems.append((note, record))
            if row.problems:
                self._skip(row, *row.problems)
                continue
            if "brand" in row.values:
                row.values["brand"] = self.brands.spell(row.values["brand"])
            rows.append(row)
        whole = len(rows) == len(records) and not any(row.notes for row in rows)
        return RowGroup(tuple(rows), digest if whole else "") if rows else None

    def _skip(self, row: ProductRow, *problems: RowProblem) -> None:
        for problem in problems:
            self.problems.append((problem, self.record_of[row.number]))
        self.report.skipped += 1
        self.report.unidentified += not row.identifies_product

    def _store(self, groups: list[RowGroup]) -> None:
        stored = StoredProducts.load(groups, self.options, lock=False)
        found, new = stored.match(groups)
        groups = [*found.values(), *filter(self._is_complete, new)]
        known = {row.sku: pk for pk, g in found.items() for row in g.rows}
        for part in self.photos.parts(groups, known):
            photos = self.photos.read(part, self._report_photo)
            part = [
                g for g in part if g.first.sku in known or self._has_photo(g, photos)
            ]
            with remove_files_on_error(), transaction.atomic():
                # Serialise imports: a product that two feeds name is created once.
                lock_until_commit(IMPORT)
                batch = ProductBatch(self.options, part, photos)
                changes = batch.store()
                transaction.set_rollback(self.options.dry_run)
            for name, count in batch.counts.items():
                setattr(self.report, name, getattr(self.report, name) + count)
            for change in changes:
                self.on_change(change)

    def _is_complete(self, group: RowGroup) -> bool:
        missing = group.missing(self.options.category)
        expected = "a value for a new product"
        for row in group.rows if missing else ():
            problems = [
                RowProblem(row.number, row.sku, n, "", expected) for n in missing
            ]
            self._skip(row, *problems)
        return not missing

    def _has_photo(self, group: RowGroup, photos: dict[str, dict]) -> bool:
        """Return whether any photo of a new product can be read, if it has some."""
        failed = group.links and not any(photos[sku] for sku in group.skus)
        for row in group.rows if failed else ():
            self._skip(row)
        return not failed

    def _report_photo(self, row: ProductRow, link: str, expected: str) -> None:
        main = link == row.links[0]
        column = "image_link" if main else "additional_image_link"
        problem = RowProblem(row.number, row.sku, column, link, expected)
        self.problems.append((problem, self.record_of[row.number]))
        self.report.photos_failed += 1


def _batches(groups: Iterable[list[Record]]) -> Iterator[list[list[Record]]]:
    batch: list[list[Record]] = []
    rows = 0
    for group in groups:
        if batch and rows + len(group) > BATCH_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(group)
        rows += len(group)
    if batch:
        yield batch
