"""What a product's page says and offers beside its photos."""

from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django import template
from django.http import HttpRequest

from catalog.models import Product

register = template.Library()


@register.simple_tag(takes_context=True)
def seller_name(context: dict[str, Any], product: Product) -> str:
    """Return the shop's name, or while it has none the host that the link leads to."""
    host = (urlsplit(product.link).hostname or "").removeprefix("www.")
    return context["identity"].shop.own_name or host


@register.simple_tag(takes_context=True)
def ask_address(context: dict[str, Any], product: Product) -> str:
    """Return a mailto: address to ask for the product, "" where nobody can be."""
    request: HttpRequest = context["request"]
    if not (email := context["identity"].shop.email):
        return ""
    page = request.build_absolute_uri(product.get_absolute_url())
    message = {"subject": f"{product.title} ({product.sku})", "body": f"{page}\n\n"}
    # Programs for mail show a + as it is.
    return f"mailto:{quote(email, safe='@')}?{urlencode(message, quote_via=quote)}"
