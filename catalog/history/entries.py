"""What happened to products, written in the transaction that changes them.

The rows are those of django-auditlog, without its receivers: these see neither
statements that change many products nor the sizes and photos of a product.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from auditlog.models import LogEntry
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Product

# Values before and after, by field; those of a size begin with its SKU.
Changes = Mapping[str, tuple[Any, Any]]
CREATED, CHANGED = LogEntry.Action.CREATE, LogEntry.Action.UPDATE
_CHUNK = 10_000
_INSERT = """
INSERT INTO auditlog_logentry (
    content_type_id, object_pk, object_id, object_repr, action, changes_text, changes,
    actor_id, cid, timestamp, additional_data
)
SELECT %s, p.id::text, p.id, p.title, %s, '', v.changes, %s, %s, now(), %s
FROM jsonb_to_recordset(%s::jsonb) AS v (product bigint, changes jsonb)
JOIN catalog_product p ON p.id = v.product
ORDER BY p.id
"""


@dataclass(frozen=True)
class Author:
    """Who changed products: an account, or something with a name such as a feed."""

    user: int | None = None
    name: str = ""


def record(
    changes: Mapping[int, Changes],
    author: Author,
    *,
    action: int = CHANGED,
    group: str | None = None,
) -> None:
    """Write an entry for each product; those of one bulk change have one `group`."""
    rows = [{"product": pk, "changes": each} for pk, each in changes.items() if each]
    if not rows:
        return
    kind = ContentType.objects.get_for_model(Product).pk
    origin = json.dumps({"by": author.name}) if author.name else None
    values = [kind, action, author.user, group, origin, as_json(rows)]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)


def as_json(value: Any) -> str:
    return json.dumps(value, default=lambda each: each.isoformat())


def entries_of(products: list[int]) -> QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(Product)
    return LogEntry.objects.filter(content_type=kind, object_id__in=products)


def entries_of_group(group: str) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(cid=group).order_by("object_id")


def forget_old_entries() -> int:
    oldest = timezone.now() - timedelta(days=settings.HISTORY_DAYS)
    count = 0
    while True:
        old = LogEntry.objects.filter(timestamp__lt=oldest).order_by()
        ids = list(old.values_list("pk", flat=True)[:_CHUNK])
        if not ids:
            return count
        LogEntry.objects.filter(pk__in=ids).delete()
        count += len(ids)
