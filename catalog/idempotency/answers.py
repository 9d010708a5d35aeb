"""Carry out a write once, however often it is sent.

The answer is stored in the transaction of the write: either both are there or neither.
A second request with the same key waits for the first one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from catalog.idempotency.models import IdempotentWrite

KEPT = timedelta(days=1)
_NAME = re.compile(r"[\x21-\x7e]{1,64}")


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    etag: str = ""


class KeyReused(Exception):
    """The key was sent before, with another request."""


class BadKey(ValueError):
    """The header is not a key."""


def answer_once(
    *, owner: str, name: str, fingerprint: str, write: Callable[[], Answer]
) -> Answer:
    """Return the answer of `write`, or the one that it gave before.

    In the caller's transaction. Raises KeyReused and BadKey, and whatever `write`
    raises; the request may then be sent again.
    """
    if not _NAME.fullmatch(name):
        raise BadKey(name)
    fresh = IdempotentWrite(owner=owner, name=name, fingerprint=fingerprint)
    IdempotentWrite.objects.bulk_create([fresh], ignore_conflicts=True)
    kept = IdempotentWrite.objects.select_for_update().get(owner=owner, name=name)
    if kept.status is not None and kept.created > timezone.now() - KEPT:
        if kept.fingerprint != fingerprint:
            raise KeyReused(name)
        return Answer(kept.status, kept.answer, kept.etag)
    answer = write()
    kept.fingerprint, kept.created = fingerprint, timezone.now()
    kept.status, kept.answer, kept.etag = answer.status, answer.body, answer.etag
    kept.save()
    return answer


def forget_old_answers() -> None:
    IdempotentWrite.objects.filter(created__lt=timezone.now() - KEPT).delete()
