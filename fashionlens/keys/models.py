"""Keys of the API: publishable ones for pages and apps, secret ones for servers."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

PREFIXES = {"publishable": "fl_pub_", "secret": "fl_sec_"}
# The last use is not written more often.
_USE_WRITTEN_EVERY = timedelta(minutes=1)
_ORIGIN = r"https?://[a-z0-9.-]+(:\d{1,5})?"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> Self:
        valid = Q(expires=None) | Q(expires__gt=timezone.now())
        return self.filter(valid, revoked=None)

    def of_token(self, token: str) -> "ApiKey | None":
        return self.filter(digest=digest_of(token)).first()

    def allow_origin(self, origin: str) -> bool:
        """Return whether pages of the origin may use a key."""
        kind = ApiKey.Kind.PUBLISHABLE
        return self.usable().filter(kind=kind, origins__contains=[origin]).exists()


class ApiKey(models.Model):
    class Kind(models.TextChoices):
        PUBLISHABLE = "publishable", "Publishable: read and search"
        SECRET = "secret", "Secret: for servers"

    class Scope(models.TextChoices):
        CATALOGUE = "catalogue", "Write products and categories"
        PHOTOS = "photos", "Write photos"
        FEEDS = "feeds", "Run imports"
        INDEX = "index", "Read and change the index"
        EVENTS = "events", "Report events"

    name = models.CharField(max_length=80, help_text="What uses the key")
    kind = models.CharField(max_length=11, choices=Kind)
    # A key is 256 random bits, which no number of guesses finds: a fast hash will do.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField("ends in", max_length=4, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=9, choices=Scope),
        default=list,
        blank=True,
        help_text="What a secret key may do beside reading",
    )
    origins = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="The pages that may use a publishable key, separated by commas:"
        " https://shop.example. Empty: any page that CORS_ALLOWED_ORIGINS allows",
    )
    rate = models.CharField(
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^[1-9]\d{0,8}/(s|min|h|d)\Z", "As 600/min.")],
        help_text="Requests of a secret key, as 600/min. Empty: API_KEY_RATE",
    )
    expires = models.DateTimeField(null=True, blank=True, help_text="Empty: never")
    revoked = models.DateTimeField(null=True, editable=False)
    last_used = models.DateTimeField(null=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.kind == self.Kind.PUBLISHABLE and self.scopes:
            message = "A publishable key only reads and searches. It takes no scopes."
            raise ValidationError({"scopes": message})
        if self.kind == self.Kind.SECRET and self.origins:
            message = "A secret key is not for pages. It takes no origins."
            raise ValidationError({"origins": message})
        self.origins = [origin.lower().rstrip("/") for origin in self.origins]
        for origin in self.origins:
            if not re.fullmatch(_ORIGIN, origin):
                message = (
                    f"{origin[:80]!r} is not an origin. Write https://shop.example."
                )
                raise ValidationError({"origins": message})

    @property
    def is_secret(self) -> bool:
        return self.kind == self.Kind.SECRET

    @property
    def is_expired(self) -> bool:
        return self.expires is not None and self.expires <= timezone.now()

    def set_token(self) -> str:
        """Give an unsaved key a new token and return it. It is stored nowhere."""
        token = PREFIXES[self.kind] + secrets.token_urlsafe(32)
        self.digest, self.hint = digest_of(token), token[-4:]
        return token

    def note_use(self) -> None:
        now = timezone.now()
        if self.last_used is None or self.last_used < now - _USE_WRITTEN_EVERY:
            ApiKey.objects.filter(pk=self.pk).update(last_used=now)

    def revoke(self) -> None:
        self.revoked = self.revoked or timezone.now()
        self.save(update_fields=["revoked"])


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def make_key(
    *,
    name: str,
    kind: str,
    scopes: Iterable[str] = (),
    origins: Iterable[str] = (),
    expires: datetime | None = None,
    rate: str = "",
) -> tuple[ApiKey, str]:
    """Store a key and return it with its token. Raises ValidationError."""
    values: dict[str, Any] = {"name": name, "kind": kind, "rate": rate}
    key = ApiKey(
        scopes=sorted(set(scopes)), origins=list(origins), expires=expires, **values
    )
    key.full_clean(exclude=["digest", "hint"])
    token = key.set_token()
    key.save()
    return key, token
