"""A run of an import: check the rows, read their photos, store them in batches."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import transaction

from catalog.feeds.brands import BrandSpellings
from catalog.feeds.columns import Feed, Record
from catalog.feeds.fields import FIELDS
from catalog.feeds.options import ImportOptions
from catalog.feeds.photos.files import LinkError, Version, open_photo_files
from catalog.feeds.photos.reader import LinkedPhoto, PhotoReader
from catalog.feeds.rows import ProductRow, RowProblem, read_row
from catalog.feeds.seen_skus import SeenSkus
from catalog.feeds.store import RowBatch
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import FeedPhoto, Product
from catalog.photos.unused import remove_files_on_error

BATCH_ROWS = 64
MAX_BATCH_LINKS = 100  # the photos of a batch are held in memory
THREADS = 8


@dataclass
class FeedReport:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    unidentified: int = 0  # skipped rows that may have named any product
    photos_added: int = 0
    photos_removed: int = 0
    photos_failed: int = 0
    returned: int = 0  # archived by their feed, published again

    @property
    def stored(self) -> int:
        return self.created + self.updated + self.unchanged


@dataclass
class FeedImport:
    """One run of one feed."""

    options: ImportOptions
    seen: SeenSkus
    on_problem: Callable[[RowProblem], object]
    on_rows: Callable[[int], object] = lambda rows: None
    report: FeedReport = field(default_factory=FeedReport)

    def run(self, feed: Feed) -> FeedReport:
        """Import all rows.

        Raises FeedRefused, and OSError if photos cannot be stored.
        """
        options = self.options
        files = open_photo_files(options.photos)
        self.photos = PhotoReader(
            files,
            allow_private=options.allow_private,
            trust_links=options.trust_links,
        )
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="feed")
        try:
            brands = BrandSpellings()
            rows = (self._read_row(each, brands) for each in feed)
            for batch in _batches(rows):
                self.problems: list[RowProblem] = []
                self._store(self._valid_rows(batch))
                for problem in sorted(self.problems, key=lambda each: each.row):
                    self.on_problem(problem)
                self.on_rows(len(batch))
        finally:
            self.photos.stop()
            self.pool.shutdown(cancel_futures=True)
            files.close()
        return self.report

    def _read_row(self, record: Record, brands: BrandSpellings) -> ProductRow:
        row = read_row(record, currency=self.options.currency)
        if "brand" in row.values:
            row.values["brand"] = brands.spell(row.values["brand"])
        return row

    def _valid_rows(self, batch: list[ProductRow]) -> list[ProductRow]:
        first: dict[str, int] = {}
        for row in batch:
            if row.identifies_product:
                first.setdefault(row.sku, row.number)
        first |= self.seen.add(first)
        valid = []
        for row in batch:
            number = first.get(row.sku)
            if row.identifies_product and number != row.number:
                expected = f"one row for each product; row {number} has this id"
                problem = RowProblem(row.number, row.sku, "id", row.sku, expected)
                self._skip(row, problem)
            elif row.problems:
                self._skip(row, *row.problems)
            else:
                valid.append(row)
        return valid

    def _skip(self, row: ProductRow, *problems: RowProblem) -> None:
        self.problems += problems
        self.report.skipped += 1
        self.report.unidentified += not row.identifies_product

    def _store(self, rows: list[ProductRow]) -> None:
        stored = Product.objects.with_skus([row.sku for row in rows])
        known = set(stored.values_list("sku", flat=True))
        rows = [row for row in rows if row.sku in known or self._is_complete(row)]
        photos = self._read_photos(rows)
        rows = [r for r in rows if r.sku in known or self._has_photo(r, photos[r.sku])]
        with remove_files_on_error(), transaction.atomic():
            # Serialise imports: a product that two feeds name is created once.
            lock_until_commit(IMPORT)
            counts = RowBatch(self.options, rows, photos, known).store()
            transaction.set_rollback(self.options.dry_run)
        for name, count in counts.items():
            setattr(self.report, name, getattr(self.report, name) + count)

    def _is_complete(self, row: ProductRow) -> bool:
        present = row.values.keys() | ({"category"} if self.options.category else set())
        required = [each for each in FIELDS if each.required]
        problems = [
            RowProblem(
                row.number, row.sku, each.column, "", "a value for a new product"
            )
            for each in required
            if each.targets[0] not in present
        ]
        if problems:
            self._skip(row, *problems)
        return not problems

    def _has_photo(self, row: ProductRow, photos: dict[str, LinkedPhoto]) -> bool:
        if row.links and not photos:
            self._skip(row)
            return False
        return True

    def _read_photos(self, rows: list[ProductRow]) -> dict[str, dict[str, LinkedPhoto]]:
        known = _known_versions(rows)
        futures = {}
        for row in rows:
            for link in row.links:
                # The sizes of one garment are products that share their photos.
                version = known.get((row.sku, link))
                key = (link, repr(version))
                if key not in futures:
                    futures[key] = self.pool.submit(self.photos.read, link, version)
        photos: dict[str, dict[str, LinkedPhoto]] = {row.sku: {} for row in rows}
        for row in rows:
            for link in row.links:
                try:
                    photo = futures[link, repr(known.get((row.sku, link)))].result()
                except LinkError as error:
                    self._report_photo(row, link, str(error))
                else:
                    photos[row.sku][link] = photo
        return photos

    def _report_photo(self, row: ProductRow, link: str, expected: str) -> None:
        main = link == row.links[0]
        column = "image_link" if main else "additional_image_link"
        self.problems.append(RowProblem(row.number, row.sku, column, link, expected))
        self.report.photos_failed += 1


def _batches(rows: Iterable[ProductRow]) -> Iterator[list[ProductRow]]:
    batch: list[ProductRow] = []
    links = 0
    for row in rows:
        full = len(batch) == BATCH_ROWS or links + len(row.links) > MAX_BATCH_LINKS
        if batch and full:
            yield batch
            batch, links = [], 0
        batch.append(row)
        links += len(row.links)
    if batch:
        yield batch


def _known_versions(rows: list[ProductRow]) -> dict[tuple[str, str], Version]:
    links = FeedPhoto.objects.filter(image__product__sku__in=[r.sku for r in rows])
    return {
        (sku, link): version
        for sku, link, version in links.values_list(
            "image__product__sku", "link", "version"
        )
    }
