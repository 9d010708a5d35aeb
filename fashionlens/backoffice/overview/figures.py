"""What the first page of the admin tells: whether all is well."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import caches
from django.db.models import Count

from catalog.models import Product
from fashionlens.backoffice.overview.charts import Plot
from search.events.daily import Day, daily_activity, frequent_empty_words
from search.models import Encoder, RecallMeasurement

MEASUREMENTS = 30
ACTIVITY_TTL_S = 60  # it reads the events of two weeks


@dataclass(frozen=True)
class Activity:
    days: list[Day]
    empty_words: list[dict]

    @property
    def click_rate(self) -> float | None:
        shown = sum(day.shown for day in self.days)
        return sum(day.clicks for day in self.days) / shown if shown else None

    @property
    def click_percent(self) -> str:
        return "-" if self.click_rate is None else f"{self.click_rate:.1%}"

    @property
    def searches_a_day(self) -> float:
        return sum(day.searches for day in self.days) / len(self.days)

    @property
    def empty(self) -> int:
        return sum(day.empty for day in self.days)

    @property
    def plots(self) -> list[Plot]:
        labels = [f"{day.date:%-d %b}" for day in self.days]
        rates = [100 * day.clicks / day.shown if day.shown else 0 for day in self.days]
        return [
            Plot.of("Searches a day", labels, [day.searches for day in self.days]),
            Plot.of("Click rate", labels, rates, form="{:.1f} %"),
            Plot.of("Nothing found", labels, [day.empty for day in self.days]),
        ]


def read_activity() -> Activity:
    cache = caches["process"]
    activity = cache.get("activity")
    if activity is None:
        activity = Activity(daily_activity(), frequent_empty_words())
        cache.set("activity", activity, ACTIVITY_TTL_S)
    return activity


def count_products() -> dict[str, int]:
    """Return the products by state, and all of them."""
    rows = Product.objects.order_by().values_list("status").annotate(Count("pk"))
    counts: dict[str, Any] = dict.fromkeys(Product.Status.values, 0)
    counts |= dict(rows)
    return counts | {"all": sum(counts.values())}


def recall_plot(encoder: Encoder) -> Plot | None:
    """Return the recall over time, or nothing before it was measured twice."""
    measured = RecallMeasurement.objects.filter(encoder=encoder)[:MEASUREMENTS]
    rows = list(reversed(measured))
    if len(rows) < 2:
        return None
    values = [100 * row.recall_mean for row in rows]
    return Plot.of(
        "Recall",
        [f"{row.created:%-d %b}" for row in rows],
        values,
        form="{:.1f} %",
        low=min(90.0, *values),
        high=100.0,
        is_line=True,
    )


def health_plots() -> list[Plot]:
    """Return the recall of the active encoder, and how long a search took, by day."""
    active = Encoder.objects.filter(state=Encoder.State.ACTIVE).first()
    recall = recall_plot(active) if active else None
    if not active or not recall:
        return []
    rows = RecallMeasurement.objects.filter(encoder=active)[:MEASUREMENTS]
    days = [f"{row.created:%-d %b}" for row in reversed(rows)]
    times = [row.index_p95_ms for row in reversed(rows)]
    sizes = [row.rows for row in reversed(rows)]
    return [
        recall,
        Plot.of("Search by the index, p95", days, times, form="{:.1f} ms"),
        Plot.of("Photos in the index", days, sizes),
    ]
