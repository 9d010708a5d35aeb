"""The trash: deleted products can be brought back for 30 days."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from catalog.history.entries import Author, record
from catalog.models import FeedProduct, Product, ProductQuerySet
from catalog.trash.models import TRASH_DAYS, TrashedProduct

_ARCHIVED = Product.Status.ARCHIVED
_CHUNK = 200  # products deleted in a transaction, with their photos and vectors
TRASH = "trash"  # in the history


@transaction.atomic
def put_in_trash(products: Iterable[int], author: Author) -> int:
    """Take products out of the shop; return their number."""
    rows = _locked(products).outside_trash()
    before = dict(rows.values_list("pk", "status"))
    TrashedProduct.objects.filter(product__in=before).delete()
    TrashedProduct.objects.bulk_create(
        TrashedProduct(product_id=pk, status=status, user_id=author.user)
        for pk, status in before.items()
    )
    _set_status(list(before), _ARCHIVED)
    # A feed publishes again what it has archived itself, but not what people delete.
    FeedProduct.objects.filter(pk__in=before, archived=True).update(archived=False)
    record(
        {
            pk: {"status": (status, _ARCHIVED.value), TRASH: (False, True)}
            for pk, status in before.items()
        },
        author,
    )
    return len(before)


@transaction.atomic
def restore_from_trash(products: Iterable[int], author: Author) -> int:
    """Give products the status they had; return their number."""
    ids = list(_locked(products).in_trash().values_list("pk", flat=True))
    rows = TrashedProduct.objects.filter(product__in=ids)
    before = dict(rows.values_list("product_id", "status"))
    rows.delete()
    for status in sorted({*before.values()}):
        _set_status([pk for pk, each in before.items() if each == status], status)
    record(
        {
            pk: {"status": (_ARCHIVED.value, status), TRASH: (True, False)}
            for pk, status in before.items()
        },
        author,
    )
    return len(before)


def leave_trash(products: Iterable[int]) -> None:
    """Keep products whose status somebody has chosen."""
    TrashedProduct.objects.filter(product__in=list(products)).delete()


def expire(products: Iterable[int]) -> int:
    """Let the next run of `empty_trash` delete these products."""
    rows = TrashedProduct.objects.filter(product__in=list(products))
    return rows.update(since=timezone.now() - timedelta(days=TRASH_DAYS))


def empty_trash() -> int:
    """Delete products whose time is over; return their number."""
    TrashedProduct.objects.exclude(product__status=_ARCHIVED).delete()
    over = timezone.now() - timedelta(days=TRASH_DAYS)
    count = 0
    while True:
        old = TrashedProduct.objects.filter(since__lte=over).order_by()
        with transaction.atomic():
            ids = list(old.values_list("pk", flat=True)[:_CHUNK])
            # One that was restored just now stays.
            rows = _locked(ids).in_trash()
            Product.objects.filter(pk__in=[row.pk for row in rows]).delete()
        if not ids:
            return count
        count += len(ids)


def _locked(products: Iterable[int]) -> ProductQuerySet:
    rows = Product.objects.filter(pk__in=list(products)).order_by("pk")
    return rows.select_for_update(no_key=True, of=["self"])


def _set_status(products: list[int], status: str) -> None:
    rows = Product.objects.filter(pk__in=products)
    rows.update(status=status, updated=timezone.now())
