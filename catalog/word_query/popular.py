"""Words that people search for often, to suggest them.

Each process counts for a minute before it writes, so that searches do not wait. What it
has not written when it ends is lost.
"""

import logging
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from catalog.word_query.models import FoundSearch

log = logging.getLogger(__name__)

WRITE_AFTER_S = 60.0
MAX_COUNTED = 1000  # different words that a process counts in that time
MAX_WORDS_A_DAY = 5000
RECENT = timedelta(days=30)
# Words that few have typed may be private.
MIN_TIMES = 10
MIN_DAYS = 2

_lock = threading.Lock()
_counts: Counter[str] = Counter()
_written = [time.monotonic()]

_ADD = """
INSERT INTO catalog_foundsearch (words, day, times)
SELECT words, %(day)s, times FROM unnest(%(words)s::text[], %(times)s::int[])
    AS counted (words, times)
WHERE %(max)s > (SELECT count(*) FROM catalog_foundsearch WHERE day = %(day)s)
ORDER BY words
ON CONFLICT (day, words)
    DO UPDATE SET times = catalog_foundsearch.times + excluded.times
"""


def count_search(words: str) -> None:
    """Count words that have found something."""
    if not settings.EVENTS_DAYS:
        return
    with _lock:
        if len(_counts) < MAX_COUNTED or words in _counts:
            _counts[words.lower()] += 1
        due = time.monotonic() - _written[0] > WRITE_AFTER_S
    if due:
        write_counts()


def write_counts() -> None:
    with _lock:
        counts = dict(_counts)
        _counts.clear()
        _written[0] = time.monotonic()
    if not counts:
        return
    row: dict[str, Any] = {
        "day": timezone.now().date(),
        "max": MAX_WORDS_A_DAY,
        "words": list(counts),
        "times": list(counts.values()),
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_ADD, row)
    except DatabaseError:
        log.exception("Searches were not counted")


def popular_searches(prefix: str, number: int) -> list[str]:
    """Return words that begin like this, the most popular first."""
    since = timezone.now().date() - RECENT
    recent = FoundSearch.objects.filter(
        words__startswith=prefix.lower(), day__gte=since
    )
    counted = recent.values("words").annotate(total=Sum("times"), days=Count("day"))
    popular = counted.filter(total__gte=MIN_TIMES, days__gte=MIN_DAYS)
    ordered = popular.order_by("-total", "words")
    return list(ordered.values_list("words", flat=True)[:number])
