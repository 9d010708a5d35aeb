"""Products that a feed created and no longer names."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from catalog.feeds.seen_skus import SeenSkus
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import FeedProduct, Product

_CHUNK = 1000  # products per query


class ArchiveRefused(ValueError):
    """Too many products would be archived; the message says how many."""


def archive_missing(
    *, feed_name: str, seen: SeenSkus, unidentified: int, force: bool, dry_run: bool
) -> int:
    """Return how many products were archived.

    `unidentified` counts the rows that may have named any product. Raises
    ArchiveRefused.
    """
    missing, total = _find_missing(feed_name, seen)
    if missing and unidentified and not force:
        raise ArchiveRefused(
            f"Nothing was archived: {unidentified} rows have no valid id and may name"
            f" the {len(missing)} products that are missing. Correct the rows, or pass"
            " --force."
        )
    if len(missing) * 2 > total and not force:
        raise ArchiveRefused(
            f"Nothing was archived: {len(missing)} of the {total} products of the feed"
            f" {feed_name} are missing, more than half. Check the feed, or pass"
            " --force."
        )
    for start in range(0, 0 if dry_run else len(missing), _CHUNK):
        _archive(missing[start : start + _CHUNK])
    return len(missing)


def _find_missing(feed_name: str, seen: SeenSkus) -> tuple[list[int], int]:
    # Products that the feed archived and a person published again stay published.
    owned = FeedProduct.objects.filter(feed=feed_name, archived=False).exclude(
        product__status=Product.Status.ARCHIVED
    )
    missing: list[int] = []
    total = last = 0
    while True:
        following = owned.filter(pk__gt=last).order_by("pk")
        chunk = dict(following.values_list("product__sku", "pk")[:_CHUNK])
        if not chunk:
            return missing, total
        total += len(chunk)
        last = max(chunk.values())
        missing += [chunk[sku] for sku in seen.unseen(list(chunk))]


def _archive(ids: Sequence[int]) -> None:
    with transaction.atomic():
        lock_until_commit(IMPORT)
        FeedProduct.objects.filter(pk__in=ids).update(archived=True)
        Product.objects.filter(pk__in=ids).update(
            status=Product.Status.ARCHIVED, updated=timezone.now()
        )
