"""What shoppers were shown and what they chose: by list and place, never by whom.

A search costs nothing more for it: pages tell what really came into view when the
shopper leaves (`navigator.sendBeacon`), other frontends `POST /api/v1/events/`, and a
click is told by the link itself, so that it counts without script too. Impressions
written by the server would also count what nobody scrolled to and what robots fetch.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac
from redis.exceptions import RedisError

from catalog.models import Product
from search.models import Encoder, Event, FoundNothing
from search.query.kept_search import KeptSearch, kept_origins
from search.query.start import Origin

log = logging.getLogger(__name__)

MAX_WORDS = 200
LATELY = timedelta(days=30)
# A product found by a photo may go into the cart long after the search has expired.
REMEMBERED_S = 24 * 3600
_LETTERS = {
    "w": Event.Listing.WORDS,
    "s": Event.Listing.SIMILAR,
    "g": Event.Listing.GOES_WITH,
    "l": Event.Listing.LOOKED_AT,
}
_LETTER_OF = {listing: letter for letter, listing in _LETTERS.items()}
_ID = re.compile(r"([wsgl])-(\d{1,19})-([0-9a-f]{6})-\w{8}-([0-9a-f]{12})\Z", re.ASCII)
_QUERY = re.compile(r"[\w-]{16,64}\Z", re.ASCII)  # of a kept search


@dataclass(frozen=True)
class Listed:
    """What an id stands for: a kind of list, of an encoder, found for a product."""

    listing: str
    encoder: str = ""
    asked_from: int | None = None


@dataclass(frozen=True)
class Happened:
    """As a client tells it; `skus` are a run of the list from `position` on."""

    kind: str
    query: str
    position: int
    skus: Sequence[str]
    client_id: UUID | None = None


@dataclass(frozen=True)
class Refused:
    index: int  # among those told
    code: str
    detail: str


def new_list_id(
    listing: Event.Listing, *, encoder: str = "", asked_from: int | None = None
) -> str:
    """A name for a list that is shown now. It says itself what the list is and that
    it is ours, so nothing is stored for it."""
    parts = (_LETTER_OF[listing], asked_from or 0, _short(encoder))
    named = f"{'-'.join(map(str, parts))}-{get_random_string(8)}"
    return f"{named}-{_signature(named)}"


def _signature(named: str) -> str:
    return salted_hmac("search.events.record", named, algorithm="sha256").hexdigest()[
        :12
    ]


def _short(encoder: str) -> str:
    return sha256(encoder.encode()).hexdigest()[:6]


def lists_of(ids: Iterable[str]) -> dict[str, Listed]:
    """What the ids stand for; those of no list of ours are missing."""
    own = {each: match for each in ids if (match := _ID.match(each)) and _is_ours(each)}
    encoders = {_short(v): v for v in Encoder.objects.values_list("version", flat=True)}
    found = {
        each: Listed(
            _LETTERS[match[1]], encoders.get(match[3], ""), int(match[2]) or None
        )
        for each, match in own.items()
    }
    return found | _kept_queries(set(ids) - set(found))


def _is_ours(list_id: str) -> bool:
    named, _, signature = list_id.rpartition("-")
    return constant_time_compare(signature, _signature(named))


def _kept_queries(ids: set[str]) -> dict[str, Listed]:
    """Searches that are kept, or were when the first event of theirs came."""
    if not (ids := {each for each in ids if _QUERY.match(each)}):
        return {}
    known = cache.get_many([f"events:{each}" for each in ids])
    found = {key.removeprefix("events:"): Listed(*it) for key, it in known.items()}
    fresh = {
        each: Listed(_listing(origin), encoder, origin.product_id)
        for each, (encoder, origin) in kept_origins(ids - set(found)).items()
    }
    if fresh:
        facts = {f"events:{each}": astuple(listed) for each, listed in fresh.items()}
        cache.set_many(facts, REMEMBERED_S)
    return found | fresh


def _listing(origin: Origin) -> Event.Listing:
    return Event.Listing.PHOTO if origin.has_picture else Event.Listing.WORDS


def record(happened: Sequence[Happened]) -> list[Refused]:
    """Keep what happened; returns what was not, and why.

    The query must be the id of a list of ours (of a search that is kept, or whose
    first event came while it was), and every product one of the shop. Whether the
    product stood at that place is not looked up: who makes that up spoils a figure of
    the report and nothing else.
    """
    if not settings.EVENTS_DAYS:
        return []
    lists = lists_of({each.query for each in happened})
    skus = {sku for each in happened for sku in each.skus}
    products = dict(Product.objects.with_skus(skus).values_list("sku", "id"))
    rows, refused = [], []
    for index, each in enumerate(happened):
        if not (listed := lists.get(each.query)):
            message = f"There is no query {each.query[:64]!r}, or it is too old."
            refused.append(Refused(index, "unknown_query", message))
        elif missing := [sku for sku in each.skus if sku not in products]:
            message = f"There is no product {missing[0][:64]!r} in the shop."
            refused.append(Refused(index, "unknown_product", message))
        else:
            rows.append(_row(each, listed, products))
    Event.objects.bulk_create(rows, ignore_conflicts=True)
    return refused


def _row(happened: Happened, listed: Listed, products: dict[str, int]) -> Event:
    return Event(
        kind=happened.kind,
        query=happened.query,
        position=happened.position,
        products=[products[sku] for sku in happened.skus],
        client_id=happened.client_id,
        **asdict(listed),
    )


def record_quietly(happened: Happened) -> None:
    """For pages, which must not fail for the sake of a figure."""
    try:
        with transaction.atomic():
            record([happened])
    except (DatabaseError, RedisError):
        log.exception("A %s was not recorded", happened.kind)


def record_zero_results(search: KeptSearch) -> None:
    """Record a search that found nothing, once however often its page is loaded."""
    key = f"query:{search.id}:{search.refinement.key}:noted"
    if search.count == 0 and cache.add(key, True, settings.QUERY_TTL_S):
        found_nothing(
            _listing(search.origin),
            words=search.refinement.words,
            filters=search.refinement.filters.parameters,
            encoder=search.encoder.version,
        )


def found_nothing(
    listing: Event.Listing,
    *,
    words: str = "",
    filters: Sequence[tuple[str, str]] = (),
    encoder: str = "",
) -> None:
    """Of a photo nothing is known; words are what was typed."""
    if not settings.EVENTS_DAYS:
        return
    row = FoundNothing(listing=listing, words=words[:MAX_WORDS], encoder=encoder)
    row.filters = list(filters)
    try:
        with transaction.atomic():
            row.save()
    except DatabaseError:
        log.exception("A search that found nothing was not recorded")


def asked_lately() -> list[int]:
    """Products that lists were asked for with, the most asked first."""
    since = timezone.now() - LATELY
    rows = Event.objects.filter(asked_from__isnull=False, created__gte=since)
    asked = rows.values_list("asked_from").annotate(
        times=Count("query", distinct=True), last=Max("id")
    )
    return [row[0] for row in asked.order_by("-times", "-last")]


def forget_old() -> int:
    """Delete what is older than EVENTS_DAYS; returns how many rows."""
    end = timezone.now() - timedelta(days=settings.EVENTS_DAYS)
    old = [model.objects.filter(created__lt=end) for model in (Event, FoundNothing)]
    return sum(rows.delete()[0] for rows in old)
