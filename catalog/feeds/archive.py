"""Products that a feed brought and no longer names."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from catalog.feeds.seen_skus import NamedSkus
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import FeedProduct, Product

_CHUNK = 1000  # products asked for, or archived, at once


class ArchivingRefused(ValueError):
    """Too much would go; the message says how much."""


def archive_missing(
    *, feed: str, named: NamedSkus, unnamed: int, force: bool, dry_run: bool
) -> int:
    """How many. `unnamed`: rows that may have named any product.

    Raises ArchivingRefused.
    """
    gone, total = _missing(feed, named)
    if gone and unnamed and not force:
        raise ArchivingRefused(
            f"Nothing was archived: {unnamed} rows do not say which product they are,"
            f" so the {len(gone)} that are missing may be there. Correct the rows, or"
            " add --force."
        )
    if len(gone) * 2 > total and not force:
        raise ArchivingRefused(
            f"Nothing was archived: {len(gone)} of the {total} products of the feed"
            f" {feed} are missing, more than half. Add --force if they are to go."
        )
    for start in range(0, 0 if dry_run else len(gone), _CHUNK):
        _archive(gone[start : start + _CHUNK])
    return len(gone)


def _missing(feed: str, named: NamedSkus) -> tuple[list[int], int]:
    """Ids, and of how many. Those published again by hand are left to the hand."""
    fed = FeedProduct.objects.filter(feed=feed, archived=False).exclude(
        product__status=Product.Status.ARCHIVED
    )
    gone: list[int] = []
    total = last = 0
    while True:
        after = fed.filter(pk__gt=last).order_by("pk")
        chunk = dict(after.values_list("product__sku", "pk")[:_CHUNK])
        if not chunk:
            return gone, total
        total += len(chunk)
        last = max(chunk.values())
        gone += [chunk[sku] for sku in named.without(list(chunk))]


def _archive(products: Sequence[int]) -> None:
    with transaction.atomic():
        lock_until_commit(IMPORT)
        FeedProduct.objects.filter(pk__in=products).update(archived=True)
        Product.objects.filter(pk__in=products).update(
            status=Product.Status.ARCHIVED, updated=timezone.now()
        )
