"""What the events say: how often each place of each list is chosen, and what was
searched for in vain."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from search.models import Event, FoundNothing

DAYS = 30
MOST_WORDS = 50
MOST_PICTURES = 20
PLACES = 24  # of a list, in the tables and charts; a page of results
MINUTE = "%Y-%m-%d %H:%M"
CHART_HEIGHT, BAR_HEIGHT = 100, 85

_COUNTED = """
    SELECT listing, encoder, position + n - 1 AS place,
           count(*) FILTER (WHERE kind = 'impression'),
           count(*) FILTER (WHERE kind = 'click'),
           count(*) FILTER (WHERE kind = 'cart')
    FROM search_event, unnest(products) WITH ORDINALITY AS shown(product, n)
    WHERE created >= %s
    GROUP BY listing, encoder, place
"""


@dataclass
class Counts:
    impressions: int = 0
    clicks: int = 0
    carts: int = 0

    @property
    def click_rate(self) -> float | None:
        """Clicks for each time shown; None when nobody told that it was shown."""
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
    """A kind of list; `places` from 1 on, without gaps, at most PLACES."""

    listing: str
    all: Counts = field(default_factory=Counts)
    places: dict[int, Counts] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return Event.Listing(self.listing).label


@dataclass(frozen=True)
class Bar:
    """In pixels from the upper left corner of its chart."""

    place: int
    words: str
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
    """Click rate by place of one kind of list; the highest bar is `most`."""

    name: str
    most: str
    bars: list[Bar]

    @property
    def width(self) -> int:
        return max(200, 26 * len(self.bars))

    @classmethod
    def of(cls, listed: ListReport) -> "Chart":
        best = max(listed.places.values(), key=lambda counts: counts.click_rate or 0)
        most = best.click_rate or 1
        bars = [
            Bar(
                place,
                f"{counts.percent}, {counts.clicks} of {counts.impressions}",
                26 * (place - 1) + 2,
                round(BAR_HEIGHT * min((counts.click_rate or 0) / most, 1), 1),
            )
            for place, counts in listed.places.items()
        ]
        return cls(listed.name, best.percent, bars)


class VainWords(NamedTuple):
    text: str
    times: int
    last: datetime

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row of a table."""
        times = "1 time" if self.times == 1 else f"{self.times} times"
        return self.text, times, f"last {self.last:{MINUTE}}"


class VainPicture(NamedTuple):
    created: datetime
    filters: list[list[str]]

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row of a table."""
        filters = ", ".join(f"{name} {value}" for name, value in self.filters)
        return f"{self.created:{MINUTE}}", filters or "no filters"


@dataclass
class Report:
    since: datetime
    days: int
    lists: list[ListReport]
    encoders: dict[str, Counts]
    nothing: int
    words: list[VainWords]
    pictures: list[VainPicture]

    def as_dict(self) -> dict[str, Any]:
        return {
            "days": self.days,
            "lists": [
                {
                    "list": each.listing,
                    **each.all.as_dict(),
                    "places": [
                        {"place": place, **counts.as_dict()}
                        for place, counts in each.places.items()
                    ],
                }
                for each in self.lists
            ],
            "encoders": [
                {"encoder": version, **counts.as_dict()}
                for version, counts in self.encoders.items()
            ],
            "found_nothing": {
                "searches": self.nothing,
                "words": [row._asdict() for row in self.words],
                "pictures": [row._asdict() for row in self.pictures],
            },
        }


def report(days: int = DAYS) -> Report:
    since = timezone.now() - timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [since])
        rows = cursor.fetchall()
    encoders: dict[str, Counts] = defaultdict(Counts)
    for _, version, _, *counts in rows:
        if version:  # words alone are found without one
            encoders[version].add(Counts(*counts))
    vain = FoundNothing.objects.filter(created__gte=since)
    return Report(
        since=since,
        days=days,
        lists=_lists(rows),
        encoders=dict(sorted(encoders.items())),
        nothing=vain.count(),
        words=_words(vain.exclude(words="")),
        pictures=[
            VainPicture(*row)
            for row in vain.filter(words="").values_list("created", "filters")[
                :MOST_PICTURES
            ]
        ],
    )


def _words(vain: QuerySet[FoundNothing]) -> list[VainWords]:
    rows = vain.values_list(Lower("words")).annotate(
        times=Count("id"), last=Max("created")
    )
    return [VainWords(*row) for row in rows.order_by("-times", "-last")[:MOST_WORDS]]


def _lists(rows: Iterable[tuple[Any, ...]]) -> list[ListReport]:
    """In the order of Event.Listing, those that something is known of."""
    found = {listing: ListReport(listing) for listing in Event.Listing.values}
    places: dict[str, dict[int, Counts]] = defaultdict(lambda: defaultdict(Counts))
    for listing, _, place, *numbers in rows:
        counts = Counts(*numbers)
        found[listing].all.add(counts)
        places[listing][place].add(counts)
    for listing, by_place in places.items():
        last = min(max(by_place), PLACES)
        found[listing].places = {n: by_place[n] for n in range(1, last + 1)}
    return [found[listing] for listing in found if listing in places]
