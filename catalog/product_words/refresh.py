"""Keep what products are found by words with up to date.

A document joins the product's texts, the name of its category and the colours of its
photos. Whatever changes one of them calls `refresh_words`, and a sweep finds products
that came in by another way. No triggers: a distributed Postgres takes none on these
tables.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection, models, transaction

CHUNK = 1000


def refresh_words(products: Iterable[int]) -> None:
    """Write the documents of these products where they differ."""
    if ids := sorted(set(products)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT catalog_keep_words(%s)", [ids])


class WordSource(models.QuerySet):
    """A queryset whose rows are a part of documents."""

    word_fields: Collection[str] = ()
    product_id = "pk"  # path to the product's id

    def update(self, **values: Any) -> int:
        if not self.word_fields & values.keys():
            return super().update(**values)
        with transaction.atomic(using=self.db):
            # Before and after: a photo may move to another product.
            rows = list(self.order_by().values_list("pk", flat=True))
            same = self.model._default_manager.filter(pk__in=rows)
            before = self._products(same)
            count = super().update(**values)
            refresh_words(before | self._products(same))
        return count

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        with transaction.atomic(using=self.db):
            made = super().bulk_create(objs, *args, **options)
            keys = [each.pk for each in made if each.pk]
            refresh_words(
                self._products(self.model._default_manager.filter(pk__in=keys))
            )
        return made

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def _products(self, rows: models.QuerySet) -> set[int]:
        ids = rows.order_by().values_list(self.product_id, flat=True)
        return {pk for pk in ids if pk is not None}
