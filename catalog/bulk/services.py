"""Preview, carry out and undo a change of many products."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog.bulk.change import CannotChange, Change, change_product
from catalog.bulk.models import BulkChange
from catalog.bulk.restore import restore
from catalog.bulk.rows import (
    MAX_REFRESHED,
    Batch,
    chunks,
    load,
    lock_changed,
    values_of,
)
from catalog.history.entries import Author, entries_of_group, record
from catalog.history.snapshots import compare
from catalog.locks import IMPORT, lock_until_commit

MAX_PRODUCTS = 20_000  # in one request
_SAMPLES = 20


class AlreadyDone(RuntimeError):
    """This change was carried out or undone already; the text says so."""


@dataclass
class SampleChange:
    title: str
    sku: str
    changes: dict[str, tuple[Any, Any]]


@dataclass
class BulkOutcome:
    changed: int = 0
    unchanged: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # reason -> products
    skus: dict[str, list[str]] = field(default_factory=dict)  # reason -> the first ones
    samples: list[SampleChange] = field(default_factory=list)

    def refuse(self, reason: str, sku: str) -> None:
        self.refused[reason] += 1
        first = self.skus.setdefault(reason, [])
        if len(first) < _SAMPLES:
            first.append(sku)

    def as_dict(self) -> dict[str, Any]:
        return {
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": dict(self.refused),
            "skus": self.skus,
        }


def preview(products: Sequence[int], change: Change) -> BulkOutcome:
    """Return what the change would do, without doing it."""
    outcome = BulkOutcome()
    for chunk in chunks(products):
        _plan(chunk, change, outcome)
    return outcome


def apply(
    bulk: BulkChange, change: Change, *, label: str, author: Author
) -> BulkOutcome:
    """Change the products in one transaction. Raises AlreadyDone."""
    outcome = BulkOutcome()
    with transaction.atomic():
        _claim(bulk, BulkChange.State.NEW)
        lock_until_commit(IMPORT)
        many = len(bulk.products) > MAX_REFRESHED
        for chunk in chunks(bulk.products):
            batch = Batch()
            changes = _plan(chunk, change, outcome, batch)
            batch.write(many=many)
            record(changes, author, group=bulk.group)
        bulk.set(
            state=BulkChange.State.DONE,
            change=change.as_dict(),
            label=label[:200],
            counts=outcome.as_dict(),
            finished=timezone.now(),
        )
    return outcome


def undo(bulk: BulkChange, *, author: Author) -> BulkOutcome:
    """Give the products their values back, in one transaction. Raises AlreadyDone.

    What somebody has changed since then stays.
    """
    with transaction.atomic():
        _claim(bulk, BulkChange.State.DONE)
        lock_until_commit(IMPORT)
        many = len(bulk.products) > MAX_REFRESHED
        entries = entries_of_group(bulk.group)
        outcome = BulkOutcome()
        ids = list(entries.values_list("object_id", flat=True))
        for chunk in chunks([pk for pk in ids if pk is not None]):
            changes = dict(
                entries.filter(object_id__in=chunk).values_list("object_id", "changes")
            )
            for each in restore(changes, author, many=many):
                if each.reason:
                    outcome.refuse(each.reason, each.sku)
                else:
                    outcome.changed += 1
        bulk.set(
            state=BulkChange.State.UNDONE,
            undo_counts=outcome.as_dict(),
            undone=timezone.now(),
        )
    return outcome


def _claim(bulk: BulkChange, state: str) -> None:
    locked = BulkChange.objects.select_for_update().get(pk=bulk.pk)
    if locked.state != state:
        name = BulkChange.State(locked.state).label.lower()
        raise AlreadyDone(f"This change is {name} already.")


def _plan(
    products: Sequence[int],
    change: Change,
    outcome: BulkOutcome,
    batch: Batch | None = None,
) -> dict[int, dict[str, tuple[Any, Any]]]:
    """Change the rows, and return values before and after by product."""
    changes = {}
    fields = change.product_fields, change.size_fields
    found = load(products, lock=batch is not None, sizes=change.field == "stock")
    for pk, loaded in found.items():
        before = values_of(loaded, *fields)
        try:
            change_product(loaded, change)
        except CannotChange as reason:
            outcome.refuse(str(reason), loaded.product.sku)
            continue
        different = compare(before, values_of(loaded, *fields))
        if not different:
            outcome.unchanged += 1
            continue
        outcome.changed += 1
        if len(outcome.samples) < _SAMPLES:
            product = loaded.product
            outcome.samples.append(SampleChange(product.title, product.sku, different))
        if batch is not None:
            lock_changed(loaded, {*different})
            changes[pk] = compare(before, values_of(loaded, *fields))
            batch.add(loaded, {*changes[pk]})
    return changes
