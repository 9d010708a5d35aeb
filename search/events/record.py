"""Record what shoppers were shown and what they chose: by list and position only.

Pages report what came into view when the shopper leaves (`navigator.sendBeacon`), other
frontends `POST /api/v1/events/`, and links report clicks, which needs no script.
Impressions recorded by the server would count what nobody scrolled to, and robots.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, F, Max
from django.utils import timezone
from redis.exceptions import RedisError

from catalog.models import Product
from catalog.word_query.models import FoundSearch
from search.events.list_ids import ListOrigin, find_origins, listing_of
from search.models import EmptySearch, Event
from search.query.kept_search import KeptSearch

log = logging.getLogger(__name__)

MAX_WORDS_CHARS = 200
# Different searches without results that are kept of one day; further ones are counted
# together.
MAX_EMPTY_SEARCHES = 1000
OTHER_WORDS = "(other searches)"
RECENT = timedelta(days=30)
# Another request may have stored the same search meanwhile.
_INSERT = """
    INSERT INTO search_emptysearch
        (listing, words, filters, encoder, times, day, created, hidden)
    SELECT %(listing)s, %(words)s, %(filters)s, %(encoder)s, 1, %(day)s, %(created)s,
        EXISTS (SELECT FROM search_emptysearch WHERE hidden AND words = %(words)s)
    ON CONFLICT (day, listing, words, filters, encoder) DO UPDATE
    SET times = search_emptysearch.times + 1, created = excluded.created
"""


@dataclass(frozen=True)
class ReportedEvent:
    """An event as a client reports it: `skus` are the products from `position` on."""

    kind: str
    query: str
    position: int
    skus: Sequence[str]
    client_id: UUID | None = None


@dataclass(frozen=True)
class RefusedEvent:
    index: int  # in the client's message
    code: str
    detail: str


def record_events(reported: Sequence[ReportedEvent]) -> list[RefusedEvent]:
    """Record the events; return those refused, with reasons.

    The query must be the id of a list of this shop, and each product must be in the
    shop. It is not checked that the product was at that position: a made-up position
    spoils a figure of the report and nothing else.
    """
    if not settings.EVENTS_DAYS:
        return []
    origins = find_origins(event.query for event in reported)
    skus = {sku for event in reported for sku in event.skus}
    products = dict(Product.objects.with_skus(skus).values_list("sku", "id"))
    rows, refused = [], []
    for index, event in enumerate(reported):
        if not (origin := origins.get(event.query)):
            message = f"There is no query {event.query[:64]!r}, or it is too old."
            refused.append(RefusedEvent(index, "unknown_query", message))
        elif missing := [sku for sku in event.skus if sku not in products]:
            message = f"There is no product {missing[0][:64]!r} in the shop."
            refused.append(RefusedEvent(index, "unknown_product", message))
        else:
            rows.append(_row(event, origin, products))
    Event.objects.bulk_create(rows, ignore_conflicts=True)
    return refused


def _row(event: ReportedEvent, origin: ListOrigin, products: dict[str, int]) -> Event:
    return Event(
        kind=event.kind,
        query=event.query,
        position=event.position,
        products=[products[sku] for sku in event.skus],
        client_id=event.client_id,
        **asdict(origin),
    )


def record_quietly(event: ReportedEvent) -> None:
    """Record an event of a page, which must not fail if that does."""
    try:
        with transaction.atomic():
            record_events([event])
    except (DatabaseError, RedisError):
        log.exception("A %s was not recorded", event.kind)


def record_empty_search(search: KeptSearch) -> None:
    """Record a search without results, once however often its page is loaded."""
    key = f"query:{search.id}:{search.refinement.key}:noted"
    if cache.add(key, True, settings.QUERY_TTL_S):
        record_zero_results(
            listing_of(search.origin),
            words=search.refinement.words,
            filters=search.refinement.filters.parameters,
            encoder=search.encoder.version,
        )


def record_zero_results(
    listing: Event.Listing,
    *,
    words: str = "",
    filters: Sequence[tuple[str, str]] = (),
    encoder: str = "",
) -> None:
    if not settings.EVENTS_DAYS:
        return
    search = {
        "listing": listing,
        "words": words[:MAX_WORDS_CHARS].lower(),
        "filters": [list(pair) for pair in filters],
        "encoder": encoder,
    }
    try:
        with transaction.atomic():
            _count_empty_search(timezone.now(), search)
    except DatabaseError:
        log.exception("A search without results was not recorded")


def _count_empty_search(now: datetime, search: dict[str, Any]) -> None:
    of_day = EmptySearch.objects.filter(day=now.date())
    if of_day.filter(**search).update(times=F("times") + 1, created=now):
        return
    if of_day.count() >= MAX_EMPTY_SEARCHES:
        search |= {"words": OTHER_WORDS, "filters": [], "encoder": ""}
    row = {**search, "day": now.date(), "created": now}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {**row, "filters": json.dumps(search["filters"])})


def recent_query_products() -> list[int]:
    """Return the products that lists were found for lately, the most frequent first."""
    since = timezone.now() - RECENT
    rows = Event.objects.filter(asked_from__isnull=False, created__gte=since)
    counted = rows.values_list("asked_from").annotate(
        times=Count("query", distinct=True), last=Max("id")
    )
    return [row[0] for row in counted.order_by("-times", "-last")]


def delete_old_events() -> int:
    end = timezone.now() - timedelta(days=settings.EVENTS_DAYS)
    old = [model.objects.filter(created__lt=end) for model in (Event, EmptySearch)]
    searches = FoundSearch.objects.filter(day__lt=end.date())
    return sum(rows.delete()[0] for rows in (*old, searches))
