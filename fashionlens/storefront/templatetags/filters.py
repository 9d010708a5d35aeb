"""The filters of a list: what is chosen, links without it, and the span of prices."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

from django import template
from django.http import QueryDict
from django.template.defaultfilters import capfirst
from django.utils.translation import gettext as _

from catalog.facet_counts import PriceSpan
from catalog.facets import VALUES_FACETS, FacetValue, ValuesFacet
from catalog.filters import Filters
from catalog.models import Product
from catalog.money import minor_digits, shop_currency
from catalog.prices.ranges import PriceRange
from catalog.variants.sizes import size_order
from fashionlens.languages.prices import currency_sign, format_range
from fashionlens.languages.vocabulary import translate_name
from fashionlens.storefront.parameters import FILTERS, PRICES
from fashionlens.storefront.templatetags.shop import list_address

register = template.Library()

MIN_STEPS = 20  # of the slider, or it has decimals


class PriceSlider(NamedTuple):
    """All in units of the currency; `low` and `high` are empty without a limit."""

    lowest: str
    highest: str
    step: str
    low: str
    high: str
    sign: str


@register.filter
def in_order(values: list[FacetValue], facet: ValuesFacet) -> list[FacetValue]:
    """Sort sizes as they are worn, from small to large; leave others as they are."""
    if facet.parameter != "size":
        return values
    return sorted(values, key=lambda value: size_order(value.value))


@register.simple_tag
def price_slider(span: PriceSpan | None, filters: Filters) -> PriceSlider | None:
    """Return None for a list whose products have one price."""
    limits = [filters.price_min_cents, filters.price_max_cents]
    if span is None or (span.min_cents == span.max_cents and limits == [None, None]):
        return None
    digits = minor_digits(shop_currency())
    lowest, highest = (Decimal(each).scaleb(-digits) for each in span)
    step = Decimal(1) if highest - lowest >= MIN_STEPS else Decimal(1).scaleb(-digits)
    low, high = (_plain(limit, digits) for limit in limits)
    return PriceSlider(
        str((lowest / step).to_integral_value(ROUND_FLOOR) * step),
        str((highest / step).to_integral_value(ROUND_CEILING) * step),
        str(step),
        low,
        high,
        currency_sign(shop_currency()),
    )


def _plain(minor: int | None, digits: int) -> str:
    if minor is None:
        return ""
    price = Decimal(minor).scaleb(-digits)
    return str(int(price) if price == int(price) else price)


@register.simple_tag(takes_context=True)
def chosen_filters(context: dict[str, Any], filters: Filters) -> list[tuple[str, str]]:
    """Return the name of each chosen value and the address of this list without it."""
    names = {each.slug: each.name for each in context["all_categories"]}
    names |= dict([*Product.Gender.choices, *Product.AgeGroup.choices])
    chosen: list[tuple[str, dict[str, str | None]]] = [
        (
            capfirst(translate_name(facet.parameter, names.get(value, value))),
            {facet.parameter: value},
        )
        for facet in VALUES_FACETS
        for value in getattr(filters, facet.name)
    ]
    limits = (filters.price_min_cents, filters.price_max_cents)
    if limits != (None, None):
        price = PriceRange(*limits, count=0, chosen=True)
        name = format_range(price, shop_currency())
        chosen.append((name, dict.fromkeys(PRICES)))
    if filters.in_stock is not None:
        # A product that is not in stock may be one to order, so not "Sold out".
        name = _("In stock") if filters.in_stock else _("Not in stock")
        chosen.append((name, {"in_stock": None}))
    return [(name, _without(context, removed)) for name, removed in chosen]


@register.simple_tag(takes_context=True)
def unfiltered_link(context: dict[str, Any]) -> str:
    """Return the address of this list without filters; words and order stay."""
    return _without(context, dict.fromkeys(FILTERS))


def _without(context: dict[str, Any], removed: dict[str, str | None]) -> str:
    parameters: QueryDict = context["request"].GET.copy()
    for name, value in removed.items():
        lower = value.lower() if value else None  # addresses may hold any case
        kept = [
            one for one in parameters.getlist(name) if lower and one.lower() != lower
        ]
        parameters.setlist(name, kept)
    return list_address(context, parameters)
