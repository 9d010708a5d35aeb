"""Searches, clicks and searches without results, by day."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from search.models import EmptySearch

DAYS_SHOWN = 14

# A list is one search, however many of its pages were seen.
_ACTIVITY = """
    SELECT (created AT TIME ZONE 'UTC')::date AS day,
           count(DISTINCT query) FILTER (
               WHERE kind = 'impression' AND listing IN ('photo', 'words')),
           coalesce(sum(cardinality(products)) FILTER (WHERE kind = 'impression'), 0),
           count(*) FILTER (WHERE kind = 'click')
    FROM search_event WHERE created >= %s GROUP BY day
"""


@dataclass
class Day:
    date: date
    searches: int = 0
    shown: int = 0
    clicks: int = 0
    empty: int = 0


def daily_activity(days: int = DAYS_SHOWN) -> list[Day]:
    """Return the last days, the oldest first, also those without searches."""
    today = timezone.now().date()
    first = today - timedelta(days=days - 1)
    by_date = {
        each: Day(each) for each in (first + timedelta(days=n) for n in range(days))
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVITY, [first])
        for date_, searches, shown, clicks in cursor.fetchall():
            if date_ in by_date:
                by_date[date_] = Day(date_, searches, shown, clicks)
    empty = EmptySearch.objects.filter(day__gte=first, hidden=False).order_by()
    for date_, times in empty.values_list("day").annotate(Sum("times")):
        if date_ in by_date:
            by_date[date_].empty = times
    return list(by_date.values())


def frequent_empty_words(
    days: int = DAYS_SHOWN, limit: int = 8
) -> list[dict[str, Any]]:
    """Return the words that found nothing most often, with their number of times."""
    first = timezone.now().date() - timedelta(days=days - 1)
    rows = EmptySearch.objects.filter(day__gte=first, hidden=False).exclude(words="")
    counted = rows.order_by().values("words").annotate(searches=Sum("times"))
    return [dict(row) for row in counted.order_by("-searches", "words")[:limit]]
