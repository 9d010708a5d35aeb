"""Write messages in the transaction of what they are about: none is lost, none lies."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import connection, transaction

from catalog.upkeep.runs import send
from fashionlens.webhooks.models import WebhookEndpoint, WebhookMessage
from fashionlens.webhooks.tasks import send_webhooks

Event = WebhookEndpoint.Event


def listeners(event: str) -> list[WebhookEndpoint]:
    found = WebhookEndpoint.objects.using("default").filter(
        active=True, events__contains=[event]
    )
    return list(found.order_by("pk"))


def announce(
    event: str,
    endpoints: Sequence[WebhookEndpoint],
    subjects: Sequence[tuple[str, dict[str, Any]]],
) -> None:
    """Write a message for each endpoint and subject, once in a transaction."""
    with transaction.atomic():
        number = _transaction()
        said = set(
            WebhookMessage.objects.filter(
                transaction=number,
                event=event,
                endpoint__in=endpoints,
                subject__in=[subject for subject, _ in subjects],
            ).values_list("endpoint", "subject", "data__photo")
        )
        WebhookMessage.objects.bulk_create(
            WebhookMessage(
                endpoint=endpoint,
                event=event,
                subject=subject,
                data=data,
                transaction=number,
            )
            for endpoint in endpoints
            for subject, data in subjects
            if (endpoint.pk, subject, data.get("photo")) not in said
        )
        transaction.on_commit(partial(send, send_webhooks), robust=True)


def _transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_current()")
        return cursor.fetchone()[0]
