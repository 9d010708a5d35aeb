import secrets
from base64 import b64encode
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog.photos.remote import AddressError, parse_address

# Seconds before each further try: about a day in all.
BACKOFF_S = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)


def new_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(24)).decode()}"


class WebhookEndpoint(models.Model):
    class Event(models.TextChoices):
        PRODUCT_UPDATED = "product.updated", "A product was created or changed"
        PHOTO_INDEXED = "photo.indexed", "A photo can be found by search"
        PHOTO_FAILED = "photo.failed", "A photo cannot be read"
        IMPORT_FINISHED = "import.finished", "An import has ended"
        ENCODER_ACTIVATED = "encoder.activated", "Another encoder serves the search"

    url = models.CharField(
        "address", max_length=500, validators=[URLValidator(["http", "https"])]
    )
    events = ArrayField(models.CharField(max_length=20, choices=Event))
    # Not a hash: each message is signed with it.
    secret = models.CharField(max_length=60, default=new_secret, editable=False)
    active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "webhook"

    def __str__(self) -> str:
        return self.url

    def clean(self) -> None:
        try:
            parse_address(self.url, private=settings.WEBHOOKS_PRIVATE)
        except AddressError as error:
            raise ValidationError({"url": str(error)}) from error


class WebhookMessageQuerySet(models.QuerySet["WebhookMessage"]):
    def pending(self) -> Self:
        return self.filter(state=WebhookMessage.State.PENDING, endpoint__active=True)

    def due(self) -> Self:
        """Return what to send now, of each subject only the oldest message."""
        older = WebhookMessage.objects.filter(
            endpoint=OuterRef("endpoint"),
            subject=OuterRef("subject"),
            state=WebhookMessage.State.PENDING,
            pk__lt=OuterRef("pk"),
        )
        now = timezone.now()
        return self.pending().filter(~Exists(older), next_try__lte=now).order_by("pk")


class WebhookMessage(models.Model):
    """A message to an endpoint, written in the transaction of what it is about."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="messages"
    )
    event = models.CharField(max_length=20, choices=WebhookEndpoint.Event)
    subject = models.CharField(max_length=100)  # messages of one are sent in order
    data = models.JSONField()
    transaction = models.BigIntegerField()  # which says each thing once
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    delivered = models.DateTimeField(null=True)

    objects = WebhookMessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["endpoint", "subject", "id"],
                condition=Q(state="pending"),
                name="webhooks_pending",
            ),
            models.Index(fields=["created"], name="webhooks_created"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"

    @property
    def name(self) -> str:
        """Return the id that receivers know repeated messages by."""
        return f"msg_{self.pk}"

    def note_success(self, answer: str) -> None:
        self.state, self.delivered = self.State.DELIVERED, timezone.now()
        self.tries, self.answer = self.tries + 1, answer[:200]
        self.save()

    def note_failure(self, answer: str) -> None:
        self.answer = answer[:200]
        if self.tries < len(BACKOFF_S):
            pause = timedelta(seconds=BACKOFF_S[self.tries])
            self.next_try = timezone.now() + pause
        else:
            self.state = self.State.FAILED
        self.tries += 1
        self.save()

    def resend(self) -> None:
        self.state, self.tries = self.State.PENDING, 0
        self.next_try = timezone.now()
        self.save()
