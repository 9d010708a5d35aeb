"""Products and sizes that a feed created and no longer names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from catalog.feeds.records import RecordFile
from catalog.history.entries import Author
from catalog.history.snapshots import recorded
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import FeedProduct, Product
from catalog.variants.models import Availability, Variant

MAX_PERCENT = 10  # of a feed's products, which are archived without asking
_CHUNK = 1000  # products per query


class ArchiveRefused(ValueError):
    """Too many products would be archived; the message says how many."""


@dataclass
class Missing:
    feed_name: str
    products: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)  # of products that stay
    total: int = 0  # products that the feed has in the shop

    def check(self, *, unidentified: int) -> None:
        """Raise ArchiveRefused if a person should look first.

        `unidentified` counts the rows that may have named any product.
        """
        count = len(self.products)
        if (count or self.sizes) and unidentified:
            raise ArchiveRefused(
                f"Nothing was archived: {unidentified} rows have no valid id and may"
                f" name the {count} products that are missing. Correct the rows, or"
                " pass --force."
            )
        if count * 100 > self.total * MAX_PERCENT:
            raise ArchiveRefused(
                f"Nothing was archived: {count} of the {self.total} products of the"
                f" feed {self.feed_name} are missing, more than {MAX_PERCENT} %. Check"
                " the feed, or pass --force."
            )

    def archive(self) -> None:
        """Archive the products; sizes of products that stay are sold out."""
        for chunk in _chunks(self.products):
            with transaction.atomic():
                lock_until_commit(IMPORT)
                FeedProduct.objects.filter(pk__in=chunk).update(
                    archived=True, digest=""
                )
                products = Product.objects.filter(pk__in=chunk)
                with recorded(Author(name=f"Feed {self.feed_name}"), *chunk):
                    products.update(
                        status=Product.Status.ARCHIVED, updated=timezone.now()
                    )
        for chunk in _chunks(self.sizes):
            with transaction.atomic():
                lock_until_commit(IMPORT)
                sizes = Variant.objects.filter(pk__in=chunk)
                ids = sizes.order_by().values_list("product", flat=True).distinct()
                with recorded(Author(name=f"Feed {self.feed_name}"), *ids):
                    sizes.update(availability=Availability.OUT_OF_STOCK, quantity=0)


def find_missing(feed_name: str, records: RecordFile) -> Missing:
    missing = Missing(feed_name)
    # Products that the feed archived and a person published again stay published.
    owned = FeedProduct.objects.filter(feed=feed_name, archived=False).exclude(
        product__status=Product.Status.ARCHIVED
    )
    last = 0
    while True:
        following = owned.filter(pk__gt=last).order_by("pk")
        chunk = list(following.values_list("pk", flat=True)[:_CHUNK])
        if not chunk:
            return missing
        missing.total += len(chunk)
        last = chunk[-1]
        _compare(chunk, records, missing)


def _compare(products: list[int], records: RecordFile, missing: Missing) -> None:
    sizes = list(Variant.objects.filter(product__in=products))
    unseen = set(records.unseen([size.sku for size in sizes]))
    named = {size.product_id for size in sizes if size.sku not in unseen}
    missing.products += [pk for pk in products if pk not in named]
    missing.sizes += [
        size.pk
        for size in sizes
        if size.sku in unseen and size.product_id in named and not size.sold_out
    ]


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
