"""Recommendations on pages of rooms that must not import search. A search that cannot
be done just now must not take the page down."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from redis.exceptions import RedisError

from catalog.models import Product
from fashionlens.storefront.recently_viewed import looked_at
from ml.encoder import EncoderError
from search.events.record import new_list_id
from search.index.encoders import NoActiveEncoder
from search.models import Event
from search.query.results import Match
from search.recommend.recommendations import SEEDS, because_of, goes_with

register = template.Library()
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LookedAt:
    products: list[Product]
    matches: list[Match]


@register.simple_tag
def worn_with(product: Product) -> list[Match]:
    return _or_none(lambda: goes_with(product=product))


@register.simple_tag(takes_context=True)
def because_looked_at(
    context: dict[str, Any], product: Product | None = None, *shown: Iterable[Match]
) -> LookedAt | None:
    """For who looked at something before this product; nothing shown already."""
    seen = looked_at(context["request"])
    before = [each for each in seen if not product or each != product.pk]
    if not before:
        return None
    without = [match.product.pk for matches in shown for match in matches]
    without += [product.pk] if product else []
    found = _or_none(lambda: because_of(products=before, without=without))
    products = Product.objects.published().in_bulk(before[:SEEDS])
    named = [products[each] for each in before[:SEEDS] if each in products]
    return LookedAt(named, found) if found and named else None


def _or_none(find: Callable[[], list[Match]]) -> list[Match]:
    try:
        return find()
    except (NoActiveEncoder, EncoderError, RedisError):
        log.exception("No recommendations")
        return []


@register.simple_tag
def list_id(
    listing: str, matches: Sequence[Match] = (), product: Product | None = None
) -> str:
    """Names a list for `search.events.record`."""
    return new_list_id(
        Event.Listing(listing),
        encoder=matches[0].encoder if matches else "",
        asked_from=product.pk if product else None,
    )
