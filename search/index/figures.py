"""The state of the index for a page: quick figures, exact to the moment or so."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from search.index.encoders import active_encoder
from search.index.pause import index_pause
from search.index.throughput import photos_per_second
from search.models import (
    Embedding,
    EmbeddingFailure,
    Encoder,
    IndexPause,
    Photo,
)


@dataclass(frozen=True)
class Reason:
    text: str
    photos: int


@dataclass(frozen=True)
class IndexFigures:
    encoder: Encoder
    photos: int
    searchable: int
    reasons: list[Reason]
    oldest: timedelta | None
    photos_per_second: float
    pause: IndexPause | None

    @property
    def failed(self) -> int:
        return sum(reason.photos for reason in self.reasons)

    @property
    def waiting(self) -> int:
        return max(self.photos - self.searchable - self.failed, 0)

    @property
    def share(self) -> float:
        return self.searchable / self.photos if self.photos else 1.0

    @property
    def oldest_note(self) -> str:
        return f"the oldest for {_duration(self.oldest)}" if self.oldest else ""

    @property
    def left_note(self) -> str:
        left = self.minutes_left
        return f"{_duration(timedelta(minutes=left))} left" if left else ""

    @property
    def minutes_left(self) -> float | None:
        rate = self.photos_per_second
        return self.waiting / rate / 60 if rate and not self.pause else None


def reasons_of_failure(encoder: Encoder) -> list[Reason]:
    """Return the reasons, those of most photos first."""
    failures = EmbeddingFailure.objects.filter(encoder=encoder).order_by()
    counts = failures.values_list("reason").annotate(n=Count("*")).order_by("-n")
    return [Reason(text, number) for text, number in counts]


def _duration(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    for name, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {name}"
    return f"{seconds} seconds"


def read_index_figures() -> IndexFigures:
    encoder = active_encoder()
    photos = Photo.objects.count()
    searchable = Embedding.objects.filter(encoder=encoder).count()
    reasons = reasons_of_failure(encoder)
    oldest = None
    if photos > searchable + sum(reason.photos for reason in reasons):
        # By id, whose index both tables have: photos are stored in that order.
        first = Photo.objects.pending(encoder).order_by("id").first()
        oldest = timezone.now() - first.created if first else None
    return IndexFigures(
        encoder=encoder,
        photos=photos,
        searchable=searchable,
        reasons=reasons,
        oldest=oldest,
        photos_per_second=photos_per_second(),
        pause=index_pause(),
    )
