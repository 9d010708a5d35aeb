"""Format the shop's values for its pages."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from catalog.models import Product, ProductImage
from catalog.variants.models import Variant
from catalog.variants.sizes import size_order
from fashionlens.languages.addresses import address_in
from fashionlens.languages.prices import format_price
from fashionlens.languages.vocabulary import translate_name

register = template.Library()


CANONICAL_PARAMETERS = ("category", "q", "page")  # they name a page of its own
LOW_STOCK = 4  # below this, cards say how many are left


@register.filter
def price(product: Product) -> str:
    return format_price(product.current_price_cents, product.currency)


@register.filter
def regular_price(product: Product) -> str:
    return format_price(product.price_cents, product.currency)


@register.filter
def stock_note(product: Product) -> str:
    return _note(product, product.stock)


@register.filter
def from_small_to_large(variants: Iterable[Variant]) -> list[Variant]:
    return sorted(variants, key=lambda variant: size_order(variant.size))


@register.filter
def size_note(variant: Variant) -> str:
    return _note(variant, variant.quantity)


def _note(item: Product | Variant, quantity: int | None) -> str:
    if item.sold_out:
        return _("Sold out")
    if not item.in_stock:
        return translate_name("availability", item.get_availability_display())
    if quantity == 1:
        return _("Last one")
    is_low = quantity is not None and quantity < LOW_STOCK
    return _("Last %(quantity)d") % {"quantity": quantity} if is_low else ""


@register.filter
def own_price(variant: Variant) -> str:
    """Return the price of a size that costs more or less than the product."""
    price, product = variant.current_price_cents, variant.product
    differs = price != product.current_price_cents
    return format_price(price, product.currency) if differs else ""


@register.filter
def attributes(product: Product) -> list[tuple[str, str]]:
    """Return the name and text of what is known of the product."""
    people = (
        translate_name("gender", product.get_gender_display()),
        translate_name("age_group", product.get_age_group_display()),
    )
    rows = [
        ("Colour", translate_name("colour", product.colour)),
        ("Material", product.material),
        ("Pattern", translate_name("pattern", product.pattern)),
        ("For", ", ".join(filter(None, people))),
    ]
    return [(translate_name("facet", name), text) for name, text in rows if text]


@register.simple_tag
def photo_url(image: ProductImage | None, size: str) -> str:
    return getattr(image, size).url if image else ""


@register.simple_tag(takes_context=True)
def canonical_address(context: dict[str, Any]) -> str:
    """Return the address without sort, filters, marks of a click or of a campaign."""
    request: HttpRequest = context["request"]
    return request.build_absolute_uri(f"{request.path}{_canonical_query(request)}")


@register.simple_tag(takes_context=True)
def alternate_addresses(context: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the canonical address in each language, and for all other languages."""
    request: HttpRequest = context["request"]
    query = _canonical_query(request)
    languages = [*dict(settings.LANGUAGES), "x-default"]
    addresses = (address_in(one, request.path_info) for one in languages)
    return [
        (language, request.build_absolute_uri(f"{address}{query}"))
        for language, address in zip(languages, addresses, strict=True)
    ]


def _canonical_query(request: HttpRequest) -> str:
    match = request.resolver_match
    if match and match.view_name != "storefront:home":
        return ""
    parameters = QueryDict(mutable=True)
    for name in CANONICAL_PARAMETERS:
        parameters.setlist(name, request.GET.getlist(name))
    if parameters.get("page") == "1":
        del parameters["page"]
    return f"?{parameters.urlencode()}".removesuffix("?")


@register.simple_tag
def page_numbers(page: Page) -> Iterator[int | str]:
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.simple_tag(takes_context=True)
def exact_link(context: dict[str, Any], words: str) -> str:
    """Return the address of this list with the words as they were written."""
    parameters: QueryDict = context["request"].GET.copy()
    exact = words.replace('"', " ").strip()
    parameters["q"] = f'"{exact}"'
    return list_address(context, parameters)


@register.simple_tag(takes_context=True)
def page_link(context: dict[str, Any], number: int) -> str:
    """Return the address of another page of this list; the first has no number.

    The list is at `list_path`, or at the address of the request without one.
    """
    return list_address(context, context["request"].GET.copy(), number)


def list_address(context: dict[str, Any], parameters: QueryDict, page: int = 1) -> str:
    parameters.pop("page", None)
    if page > 1:
        parameters["page"] = str(page)
    path = context.get("list_path") or context["request"].path
    return f"{path}?{parameters.urlencode()}".removesuffix("?")
