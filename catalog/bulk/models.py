import uuid
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


def new_group() -> str:
    return str(uuid.uuid4())


class BulkChangeQuerySet(models.QuerySet["BulkChange"]):
    def left(self) -> Self:
        """Return those that nobody has carried out for a day."""
        yesterday = timezone.now() - timedelta(days=1)
        return self.filter(state=BulkChange.State.NEW, created__lt=yesterday)


class BulkChange(models.Model):
    """A change of many products: chosen, then carried out, then perhaps undone."""

    class State(models.TextChoices):
        NEW = "new", "Not carried out"
        DONE = "done", "Carried out"
        UNDONE = "undone", "Undone"

    products = ArrayField(models.BigIntegerField())
    # Field, way and value, see catalog.bulk.change.
    change = models.JSONField(default=dict)
    label = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=6, choices=State, default=State.NEW)
    # That of its entries in the history.
    group = models.CharField(max_length=36, default=new_group, editable=False)
    # changed, unchanged, and the reasons of the others; the same of the undo.
    counts = models.JSONField(default=dict)
    undo_counts = models.JSONField(default=dict)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True)
    undone = models.DateTimeField(null=True)

    objects = BulkChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "bulk change"

    def __str__(self) -> str:
        return self.label or f"{len(self.products)} products"

    def set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))
