"""Report how often each position of each list is chosen, and empty searches."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Max, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.listing import PAGE_SIZE
from search.models import EmptySearch, Event

DAYS = 30
MAX_WORDS = 50
MAX_PHOTO_SEARCHES = 20
MAX_POSITIONS = PAGE_SIZE  # of a list, in tables and charts
MINUTE = "%Y-%m-%d %H:%M"
CHART_HEIGHT, BAR_HEIGHT = 100, 85

_COUNTED = """
    SELECT listing, encoder, position + n - 1 AS position_in_list,
           count(*) FILTER (WHERE kind = 'impression'),
           count(*) FILTER (WHERE kind = 'click'),
           count(*) FILTER (WHERE kind = 'cart')
    FROM search_event, unnest(products) WITH ORDINALITY AS shown(product, n)
    WHERE created >= %s
    GROUP BY listing, encoder, position_in_list
"""


@dataclass
class Counts:
    impressions: int = 0
    clicks: int = 0
    carts: int = 0

    @property
    def click_rate(self) -> float | None:
        return self.clicks / self.impressions if self.impressions else None

    @property
    def percent(self) -> str:
        return "-" if self.click_rate is None else f"{self.click_rate:.1%}"

    def add(self, other: "Counts") -> None:
        self.impressions += other.impressions
        self.clicks += other.clicks
        self.carts += other.carts

    def as_dict(self) -> dict[str, Any]:
        rate = self.click_rate
        return {
            "impressions": self.impressions,
            "clicks": self.clicks,
            "click_rate": None if rate is None else round(rate, 4),
            "carts": self.carts,
        }


@dataclass
class ListReport:
    """Counts of a kind of list, by position from 1 on without gaps."""

    listing: str
    all: Counts = field(default_factory=Counts)
    positions: dict[int, Counts] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return Event.Listing(self.listing).label


@dataclass(frozen=True)
class Bar:
    """A bar of a chart, in pixels from its upper left corner."""

    position: int
    caption: str
    x: int
    height: float

    @property
    def y(self) -> float:
        return CHART_HEIGHT - self.height

    @property
    def middle(self) -> int:
        return self.x + 10


@dataclass(frozen=True)
class Chart:
    """The click rates of one kind of list by position. `highest` is that of a bar."""

    name: str
    highest: str
    bars: list[Bar]

    @property
    def width(self) -> int:
        return max(200, 26 * len(self.bars))

    @classmethod
    def of(cls, listing: ListReport) -> "Chart":
        best = max(
            listing.positions.values(), key=lambda counts: counts.click_rate or 0
        )
        highest = best.click_rate or 1
        bars = [
            Bar(
                position,
                f"{counts.percent}, {counts.clicks} of {counts.impressions}",
                26 * (position - 1) + 2,
                round(BAR_HEIGHT * min((counts.click_rate or 0) / highest, 1), 1),
            )
            for position, counts in listing.positions.items()
        ]
        return cls(listing.name, best.percent, bars)


class EmptyWordSearch(NamedTuple):
    text: str
    times: int
    last: datetime

    @property
    def cells(self) -> tuple[str, ...]:
        times = "1 time" if self.times == 1 else f"{self.times} times"
        return self.text, times, f"last {self.last:{MINUTE}}"


class EmptyPhotoSearch(NamedTuple):
    created: datetime
    filters: list[list[str]]

    @property
    def cells(self) -> tuple[str, ...]:
        filters = ", ".join(f"{name} {value}" for name, value in self.filters)
        return f"{self.created:{MINUTE}}", filters or "no filters"


@dataclass
class EventReport:
    since: datetime
    days: int
    lists: list[ListReport]
    encoders: dict[str, Counts]
    empty_searches: int
    empty_word_searches: list[EmptyWordSearch]
    empty_photo_searches: list[EmptyPhotoSearch]

    def as_dict(self) -> dict[str, Any]:
        return {
            "days": self.days,
            "lists": [
                {
                    "list": each.listing,
                    **each.all.as_dict(),
                    "places": [
                        {"place": position, **counts.as_dict()}
                        for position, counts in each.positions.items()
                    ],
                }
                for each in self.lists
            ],
            "encoders": [
                {"encoder": version, **counts.as_dict()}
                for version, counts in self.encoders.items()
            ],
            "found_nothing": {
                "searches": self.empty_searches,
                "words": [row._asdict() for row in self.empty_word_searches],
                "pictures": [row._asdict() for row in self.empty_photo_searches],
            },
        }


def build_report(days: int = DAYS) -> EventReport:
    since = timezone.now() - timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [since])
        rows = cursor.fetchall()
    encoders: dict[str, Counts] = defaultdict(Counts)
    for _, version, _, *counts in rows:
        if version:  # the catalogue's word search has none
            encoders[version].add(Counts(*counts))
    empty = EmptySearch.objects.filter(created__gte=since)
    return EventReport(
        since=since,
        days=days,
        lists=_lists(rows),
        encoders=dict(sorted(encoders.items())),
        empty_searches=empty.aggregate(all=Coalesce(Sum("times"), 0))["all"],
        empty_word_searches=_count_words(empty.exclude(words="")),
        empty_photo_searches=[
            EmptyPhotoSearch(*row)
            for row in empty.filter(words="").values_list("created", "filters")[
                :MAX_PHOTO_SEARCHES
            ]
        ],
    )


def _count_words(empty: QuerySet[EmptySearch]) -> list[EmptyWordSearch]:
    rows = empty.values_list("words").annotate(all=Sum("times"), last=Max("created"))
    return [EmptyWordSearch(*row) for row in rows.order_by("-all", "-last")[:MAX_WORDS]]


def _lists(rows: Iterable[tuple[Any, ...]]) -> list[ListReport]:
    reports = {listing: ListReport(listing) for listing in Event.Listing.values}
    counted: dict[str, dict[int, Counts]] = defaultdict(lambda: defaultdict(Counts))
    for listing, _, position, *numbers in rows:
        counts = Counts(*numbers)
        reports[listing].all.add(counts)
        counted[listing][position].add(counts)
    for listing, by_position in counted.items():
        last = min(max(by_position), MAX_POSITIONS)
        positions = {n: by_position[n] for n in range(1, last + 1)}
        reports[listing].positions = positions
    return [each for listing, each in reports.items() if listing in counted]
