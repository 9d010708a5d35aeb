"""Products as schema.org describes them, for search engines."""

import json
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from catalog.models import Product
from catalog.money import decimal
from catalog.variants.models import Variant

register = template.Library()

STATES = {  # of schema.org/ItemAvailability
    "in_stock": "InStock",
    "out_of_stock": "OutOfStock",
    "preorder": "PreOrder",
    "backorder": "BackOrder",
}
# No value may close the script element; as in django.utils.html.json_script.
_SCRIPT_SAFE = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag(takes_context=True)
def product_json_ld(context: dict[str, Any], product: Product) -> SafeString:
    """Return a Product, or a ProductGroup of its sizes."""
    request: HttpRequest = context["request"]
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        **_described(request, product),
    }
    sizes = [each for each in product.variants.all() if each.size]
    if sizes:
        data |= {
            "@type": "ProductGroup",
            "productGroupID": product.sku,
            "variesBy": ["https://schema.org/size"],
            "hasVariant": [_variant(request, product, each) for each in sizes],
        }
    else:
        data |= {
            "@type": "Product",
            "sku": product.sku,
            "offers": _offer(request, product, product),
        }
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_SCRIPT_SAFE))


def _described(request: HttpRequest, product: Product) -> dict[str, Any]:
    url = request.build_absolute_uri
    data: dict[str, Any] = {
        "name": product.title,
        "description": product.description,
        "category": product.category.name,
        "image": [url(image.file.url) for image in product.images.all()],
        "color": product.colour,
        "material": product.material,
        "pattern": product.pattern,
    }
    if product.brand:
        data["brand"] = {"@type": "Brand", "name": product.brand}
    return {name: value for name, value in data.items() if value}


def _variant(
    request: HttpRequest, product: Product, variant: Variant
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@type": "Product",
        "sku": variant.sku,
        "name": f"{product.title}, {variant.size}",
        "size": variant.size,
        "gtin": variant.gtin,
        "offers": _offer(request, product, variant),
    }
    return {name: value for name, value in data.items() if value}


def _offer(
    request: HttpRequest, product: Product, item: Product | Variant
) -> dict[str, Any]:
    state = STATES["out_of_stock" if item.sold_out else item.availability]
    data: dict[str, Any] = {
        "@type": "Offer",
        "url": request.build_absolute_uri(product.get_absolute_url()),
        "availability": f"https://schema.org/{state}",
    }
    if item.current_price_cents:  # 0 is a price on request
        data["price"] = decimal(item.current_price_cents, product.currency)
        data["priceCurrency"] = product.currency
    if product.is_reduced and product.sale_ends:
        data["priceValidUntil"] = product.sale_ends.date().isoformat()
    return data
