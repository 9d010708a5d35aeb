"""Send messages as the Standard Webhooks specification says."""

import json
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone
from standardwebhooks import Webhook

from catalog.locks import try_lock
from catalog.photos.remote import AddressError
from catalog.web.post import post
from fashionlens.webhooks.models import WebhookEndpoint, WebhookMessage

TIMEOUT_S = 5.0  # of a message
# A run ends then, so that a slow receiver does not keep a worker from photos.
RUN_S = 15.0
KEPT = timedelta(days=30)


def send_due() -> None:
    """Send what is due; endpoints that another process serves are left to it."""
    ends = time.monotonic() + RUN_S
    due = WebhookMessage.objects.due().values_list("endpoint", flat=True)
    for pk in sorted(set(due)):
        with try_lock(f"webhook {pk}") as is_free:
            if is_free:
                _serve(WebhookEndpoint.objects.get(pk=pk), ends)


def _serve(endpoint: WebhookEndpoint, ends: float) -> None:
    while time.monotonic() < ends:
        batch = list(endpoint.messages.due()[:50])
        for message in batch:
            if time.monotonic() > ends or not _send(endpoint, message):
                return
        if not batch:
            return


def _send(endpoint: WebhookEndpoint, message: WebhookMessage) -> bool:
    """Return whether the receiver took it."""
    was_away = message.tries > 0
    now = datetime.now(UTC)
    body = json.dumps(
        {
            "type": message.event,
            "timestamp": message.created.isoformat().replace("+00:00", "Z"),
            "data": message.data,
        }
    )
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message.name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(endpoint.secret).sign(message.name, now, body),
    }
    try:
        status = post(
            endpoint.url,
            body.encode(),
            headers,
            timeout_s=TIMEOUT_S,
            private=settings.WEBHOOKS_PRIVATE,
        )
    except AddressError as error:
        message.note_failure(str(error))
        return False
    if not 200 <= status < 300:  # a redirect might lead inside
        message.note_failure(f"It answered {status}.")
        return False
    message.note_success(f"It answered {status}.")
    if was_away:  # the receiver is back: do not wait for the others' time
        endpoint.messages.pending().update(next_try=timezone.now())
    return True


def forget_old_messages() -> None:
    old = WebhookMessage.objects.exclude(state=WebhookMessage.State.PENDING)
    old.filter(created__lt=timezone.now() - KEPT).delete()
