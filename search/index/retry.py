"""Give photos that failed another try."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from search.models import EmbeddingFailure, Encoder
from search.tasks import wake_worker


@dataclass(frozen=True)
class Reason:
    text: str
    photos: int


def reasons_of_failure(encoder: Encoder, limit: int = 20) -> list[Reason]:
    """Return the reasons, those of most photos first."""
    failures = EmbeddingFailure.objects.filter(encoder=encoder).order_by()
    counts = failures.values_list("reason").annotate(n=Count("*")).order_by("-n")
    return [Reason(text, number) for text, number in counts[:limit]]


def retry(failures: QuerySet[EmbeddingFailure] | Iterable[int]) -> int:
    """Make the photos wait again, and wake a worker; return their number."""
    if not isinstance(failures, QuerySet):
        failures = EmbeddingFailure.objects.filter(pk__in=failures)
    number, _ = failures.delete()
    wake_worker()
    return number
