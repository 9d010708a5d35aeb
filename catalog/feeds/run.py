"""A run of a feed: rows are checked, their photos read, and stored by batches."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import transaction

from catalog.feeds.columns import MANY, Feed
from catalog.feeds.photos import LinkedPhoto, LinkError, PhotoReader, Version
from catalog.feeds.rows import Row, RowProblem, read_row
from catalog.feeds.seen_skus import NamedSkus
from catalog.feeds.store import Batch, Options
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import FeedPhoto, Product

BATCH = 64  # products a transaction
THREADS = 8
MOST_LINKS = 100  # of a batch, whose photos are held in memory
_NEEDED = {"title": "title", "price": "price_cents"}  # of a new product


@dataclass
class Report:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    unnamed: int = 0  # of those skipped: nobody knows which product they are
    photos: int = 0
    removed: int = 0
    left_out: int = 0  # photos that could not be read
    returned: int = 0  # archived for being gone, published again

    @property
    def stored(self) -> int:
        return self.created + self.updated + self.unchanged


@dataclass
class Import:
    """One run of one feed. `tell` is told what is wrong, `progress` rows done."""

    options: Options
    named: NamedSkus
    tell: Callable[[RowProblem], object]
    progress: Callable[[int], object] = lambda rows: None
    report: Report = field(default_factory=Report)

    def run(self, feed: Feed) -> Report:
        """Raises FeedRefused, and OSError where photos cannot be stored."""
        options = self.options
        self.photos = PhotoReader(
            options.photos, private=options.private, trust=options.trust
        )
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="feed")
        try:
            rows = (read_row(each, currency=options.currency) for each in feed)
            for batch in _batches(rows):
                self.problems: list[RowProblem] = []
                self._store(self._named(batch))
                for problem in sorted(self.problems, key=lambda each: each.row):
                    self.tell(problem)
                self.progress(len(batch))
        finally:
            self.pool.shutdown(cancel_futures=True)
        return self.report

    def _named(self, batch: list[Row]) -> list[Row]:
        """Rows that are right in themselves, each of another product."""
        first: dict[str, Row] = {}
        for row in batch:
            if row.names_a_product:
                first.setdefault(row.sku, row)
        earlier = self.named.add({sku: row.number for sku, row in first.items()})
        good = []
        for row in batch:
            place = earlier.get(row.sku) or getattr(first.get(row.sku), "number", None)
            if row.names_a_product and place != row.number:
                expected = f"one row for each product; row {place} has this id"
                self._skip(
                    row, RowProblem(row.number, row.sku, "id", row.sku, expected)
                )
            elif row.problems:
                self._skip(row, *row.problems)
            else:
                good.append(row)
        return good

    def _skip(self, row: Row, *problems: RowProblem) -> None:
        self.problems += problems
        self.report.skipped += 1
        self.report.unnamed += not row.names_a_product

    def _store(self, rows: list[Row]) -> None:
        stored = Product.objects.with_skus([row.sku for row in rows])
        known = set(stored.values_list("sku", flat=True))
        rows = [row for row in rows if row.sku in known or self._is_complete(row)]
        linked = self._read_photos(rows)
        rows = [r for r in rows if r.sku in known or self._has_photo(r, linked[r.sku])]
        with transaction.atomic():
            # Another import waits, and then knows these products.
            lock_until_commit(IMPORT)
            counted = Batch(self.options, rows, linked, known).store()
            transaction.set_rollback(self.options.dry_run)
        for name, count in counted.items():
            setattr(self.report, name, getattr(self.report, name) + count)

    def _is_complete(self, row: Row) -> bool:
        """What a product cannot be made without."""
        lacks = [c for c, name in _NEEDED.items() if name not in row.fields]
        lacks += [] if row.category or self.options.category else ["product_type"]
        said = [
            RowProblem(row.number, row.sku, column, "", "a value: this product is new")
            for column in lacks
        ]
        if said:
            self._skip(row, *said)
        return not said

    def _has_photo(self, row: Row, linked: dict[str, LinkedPhoto]) -> bool:
        """A new product all of whose photos fail is left for the next time."""
        if row.links and not linked:
            self._skip(row)
            return False
        return True

    def _read_photos(self, rows: list[Row]) -> dict[str, dict[str, LinkedPhoto]]:
        """SKU -> link -> photo. Those that cannot be read are told and left out."""
        known = _versions(rows)
        futures = {}
        for row in rows:
            for link in row.links:
                # Sizes of one garment are rows of their own and share their photos.
                version = known.get((row.sku, link))
                key = (link, repr(version))
                if key not in futures:
                    futures[key] = self.pool.submit(self.photos.read, link, version)
        linked: dict[str, dict[str, LinkedPhoto]] = {row.sku: {} for row in rows}
        for row in rows:
            for link in row.links:
                try:
                    photo = futures[link, repr(known.get((row.sku, link)))].result()
                except LinkError as error:
                    self._leave_out(row, link, str(error))
                else:
                    linked[row.sku][link] = photo
        return linked

    def _leave_out(self, row: Row, link: str, expected: str) -> None:
        column = "image_link" if link == row.links[0] else MANY
        self.problems.append(RowProblem(row.number, row.sku, column, link, expected))
        self.report.left_out += 1


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    links = 0
    for row in rows:
        if batch and (len(batch) == BATCH or links + len(row.links) > MOST_LINKS):
            yield batch
            batch, links = [], 0
        batch.append(row)
        links += len(row.links)
    if batch:
        yield batch


def _versions(rows: list[Row]) -> dict[tuple[str, str], Version]:
    links = FeedPhoto.objects.filter(image__product__sku__in=[r.sku for r in rows])
    return {
        (sku, link): version
        for sku, link, version in links.values_list(
            "image__product__sku", "link", "version"
        )
    }
