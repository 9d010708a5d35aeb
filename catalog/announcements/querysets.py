from collections.abc import Iterable
from typing import Any

from django.db import models, transaction

from catalog.announcements.signals import products_changed


class AnnouncedQuerySet(models.QuerySet):
    """Whatever changes rows announces the products."""

    def update(self, **values: Any) -> int:
        with transaction.atomic(using=self.db):
            rows = list(self.order_by().values_list("pk", flat=True))
            count = super().update(**values)
            products_changed.send(self.model, products=rows)
        return count

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        with transaction.atomic(using=self.db):
            made = super().bulk_create(objs, *args, **options)
            rows = [each.pk for each in made if each.pk]
            products_changed.send(self.model, products=rows)
        return made

    bulk_create.alters_data = True  # type: ignore[attr-defined]
