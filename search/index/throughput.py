"""How many photos the workers embedded in the last minute, counted in the cache."""

import logging
import time

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

SPAN_S = 10
SPANS = 6


def count_photos(photos: int) -> None:
    try:
        key = _key(0)
        cache.add(key, 0, timeout=SPAN_S * (SPANS + 2))
        cache.incr(key, photos)
    except (RedisError, ValueError) as error:  # nothing waits for this figure
        log.warning("Photos are not counted: %s", error)


def photos_per_second() -> float:
    """Return the mean of the last minute, without the seconds that go on."""
    try:
        counts = cache.get_many([_key(n) for n in range(1, SPANS + 1)])
    except RedisError:
        return 0.0
    return sum(counts.values()) / (SPAN_S * SPANS)


def _key(spans_ago: int) -> str:
    return f"embedded:{int(time.time()) // SPAN_S - spans_ago}"
