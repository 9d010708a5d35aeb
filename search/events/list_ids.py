"""Ids of the lists that shoppers see, so that events can name them.

A search has an id of its own. The id of any other list is signed and says itself what
the list is, so that nothing is stored for it.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from hashlib import sha256

from django.core.cache import cache
from django.core.signing import BadSignature, Signer
from django.utils.crypto import get_random_string
from django.utils.http import base36_to_int, int_to_base36

from search.models import Encoder, Event
from search.query.kept_search import kept_origins
from search.query.start import Origin

# A product found by a photo may go into the cart long after the search has expired.
SEARCH_KNOWN_S = 24 * 3600
LIST_KNOWN_HOURS = 24
_LETTERS = {
    "w": Event.Listing.WORDS,
    "s": Event.Listing.SIMILAR,
    "g": Event.Listing.GOES_WITH,
    "l": Event.Listing.RECENTLY_VIEWED,
}
_LETTER_OF = {listing: letter for letter, listing in _LETTERS.items()}
_SEARCH_ID = re.compile(r"[\w-]{16,64}\Z", re.ASCII)


@dataclass(frozen=True)
class ListOrigin:
    """What an id stands for: a kind of list, of an encoder, found for a product."""

    listing: str
    encoder: str = ""
    asked_from: int | None = None


def new_list_id(
    listing: Event.Listing, *, encoder: str = "", product_id: int | None = None
) -> str:
    """Return an id of at most 60 characters for a list that is shown now."""
    number, hour = int_to_base36(product_id or 0), int_to_base36(_hour())
    random = get_random_string(8)
    parts = (_LETTER_OF[listing], number, _digest(encoder), hour, random)
    return _signer().sign(".".join(parts))


def find_origins(ids: Iterable[str]) -> dict[str, ListOrigin]:
    ids = set(ids)
    versions = Encoder.objects.values_list("version", flat=True)
    by_digest = {_digest(version): version for version in versions}
    signer = _signer()
    origins = {}
    for each in ids:
        try:
            letter, number, digest, hour, _ = signer.unsign(each).split(".")
        except (BadSignature, ValueError):  # ids had four parts before they expired
            continue
        if _hour() - base36_to_int(hour) > LIST_KNOWN_HOURS:
            continue
        encoder = by_digest.get(digest, "")
        product_id = base36_to_int(number) or None
        origins[each] = ListOrigin(_LETTERS[letter], encoder, product_id)
    return origins | _search_origins(ids - origins.keys())


def listing_of(origin: Origin) -> Event.Listing:
    return Event.Listing.PHOTO if origin.has_picture else Event.Listing.WORDS


def _hour() -> int:
    return int(time.time() // 3600)


def _signer() -> Signer:
    # HMAC-SHA1 keeps the ids short, and made-up ids out.
    return Signer(salt="search.events", sep=".", algorithm="sha1")


def _digest(encoder: str) -> str:
    return sha256(encoder.encode()).hexdigest()[:6]


def _search_origins(ids: set[str]) -> dict[str, ListOrigin]:
    if not (ids := {each for each in ids if _SEARCH_ID.match(each)}):
        return {}
    known = cache.get_many([f"events:{each}" for each in ids])
    found = {
        key.removeprefix("events:"): ListOrigin(*fields)
        for key, fields in known.items()
    }
    kept = kept_origins(ids - found.keys())
    fresh = {
        each: ListOrigin(listing_of(origin), encoder, origin.product_id)
        for each, (encoder, origin) in kept.items()
    }
    if fresh:
        fields = {f"events:{each}": astuple(origin) for each, origin in fresh.items()}
        cache.set_many(fields, SEARCH_KNOWN_S)
    return found | fresh
