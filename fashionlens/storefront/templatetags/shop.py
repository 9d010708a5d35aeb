"""How the shop's values are written on its pages."""

import json
from collections.abc import Iterator
from typing import Any

from django import template
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.template.defaultfilters import capfirst
from django.utils.safestring import SafeString, mark_safe

from catalog.facet_counts import FacetCounts
from catalog.filters import Filters
from catalog.models import Category, Product, ProductImage
from catalog.money import amount
from fashionlens.storefront.forms import FilterForm

register = template.Library()

SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "TRY": "₺", "INR": "₹"}
# Fewer than this many left is worth saying.
FEW = 4
# As django.utils.html.json_script does: no value can close the script element.
_SCRIPT_SAFE = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.filter
def price(product: Product) -> str:
    """`€ 1,299.00`, with a space that does not break."""
    sign = SIGNS.get(product.currency, product.currency)
    return f"{sign}\N{NO-BREAK SPACE}{amount(product.price_cents, product.currency)}"


@register.filter
def stock_note(product: Product) -> str:
    """What a card says about the stock; nothing while there is plenty."""
    if product.stock == 0:
        return "Sold out"
    if product.stock == 1:
        return "Last one"
    return f"Last {product.stock}" if product.stock < FEW else ""


@register.simple_tag
def categories() -> QuerySet[Category]:
    return Category.objects.all()


@register.simple_tag
def photo_url(image: ProductImage | None, size: str) -> str:
    """The address of a thumbnail; "" without a photo."""
    return getattr(image, size).url if image else ""


@register.simple_tag(takes_context=True)
def product_json_ld(context: dict[str, Any], product: Product) -> SafeString:
    """The product for search engines (schema.org/Product), safe inside a script."""
    request: HttpRequest = context["request"]
    url = request.build_absolute_uri
    whole, cents = divmod(product.price_cents, 100)
    state = "InStock" if product.stock else "OutOfStock"
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.title,
        "sku": product.sku,
        "description": product.description,
        "category": product.category.name,
        "brand": {"@type": "Brand", "name": product.brand},
        "image": [url(image.file.url) for image in product.images.all()],
        "offers": {
            "@type": "Offer",
            "url": url(product.get_absolute_url()),
            "price": f"{whole}.{cents:02}",
            "priceCurrency": product.currency,
            "availability": f"https://schema.org/{state}",
        },
    }
    if not product.brand:
        del data["brand"]
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_SCRIPT_SAFE))


@register.simple_tag
def page_numbers(page: Page) -> Iterator[int | str]:
    """The first, the last and those around the page, gaps as an ellipsis."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.simple_tag(takes_context=True)
def chosen_filters(
    context: dict[str, Any], facets: FacetCounts, filters: Filters
) -> list[tuple[str, str]]:
    """The name of each chosen value, and this list without it."""
    chosen = [
        (parameter, value.value, capfirst(value.name))
        for parameter, values in (
            *(("category", facets.categories), ("colour", facets.colours)),
            *(("brand", facets.brands), ("price", facets.prices)),
        )
        for value in values
        if value.chosen
    ]
    if filters.in_stock is not None:
        stock = ("true", "In stock") if filters.in_stock else ("false", "Sold out")
        chosen.append(("in_stock", *stock))
    return [(name, _without(context, {p: value})) for p, value, name in chosen]


@register.simple_tag(takes_context=True)
def unfiltered_link(context: dict[str, Any]) -> str:
    """This list with all filters off; words and order stay."""
    return _without(context, dict.fromkeys(FilterForm.base_fields))


def _without(context: dict[str, Any], values: dict[str, str | None]) -> str:
    """This list without some parameters' values, None for all of them, from page 1."""
    wish: QueryDict = context["request"].GET.copy()
    for name, value in values.items():
        gone = value.lower() if value else None  # brands are taken in any case
        left = [one for one in wish.getlist(name) if gone and one.lower() != gone]
        wish.setlist(name, left)
    return _listed_at(context, wish)


@register.simple_tag(takes_context=True)
def page_link(context: dict[str, Any], number: int) -> str:
    """This list with another page; the first page has no number.

    The list is at `list_path` where the context has one, else at this address.
    """
    return _listed_at(context, context["request"].GET.copy(), number)


def _listed_at(context: dict[str, Any], wish: QueryDict, page: int = 1) -> str:
    wish.pop("page", None)
    if page > 1:
        wish["page"] = str(page)
    path = context.get("list_path") or context["request"].path
    return f"{path}?{wish.urlencode()}".removesuffix("?")
