"""The whole shop as rows of a feed, which an import takes without a change."""

from collections.abc import Callable, Iterator
from html import escape

from django.db.models import Prefetch

from catalog.feeds.fields import MAX_PHOTOS
from catalog.feeds.plain_text import plain_text, tidy_lines
from catalog.models import Product, ProductImage
from catalog.money import decimal
from catalog.variants.models import Variant

_CHUNK = 500
_STATES = {"published": "active"}
Row = dict[str, str | list[str]]

COLUMNS = (
    *("id", "item_group_id", "title", "description", "link", "image_link"),
    *("additional_image_link", "price", "sale_price", "sale_price_effective_date"),
    *("availability", "quantity", "brand", "product_type", "color", "size", "gtin"),
    *("material", "pattern", "gender", "age_group", "status"),
)


def export_rows(link: Callable[[ProductImage], str]) -> Iterator[Row]:
    """Yield a row for each size; `link` makes that of a photo."""
    images = ProductImage.objects.order_by("position", "id")
    products = Product.objects.select_related("category").prefetch_related(
        Prefetch("images", images), "variants"
    )
    for product in products.order_by("id").iterator(chunk_size=_CHUNK):
        shared = _product_cells(product, link)
        for variant in product.variants.all():
            yield {**shared, **_variant_cells(product, variant)}


def _product_cells(product: Product, link: Callable[[ProductImage], str]) -> Row:
    links = [link(image) for image in product.images.all()[:MAX_PHOTOS]]
    several = len(product.variants.all()) > 1
    return {
        "item_group_id": product.group or (product.sku if several else ""),
        "title": _as_html(product.title),
        "description": _as_html(product.description),
        "link": product.link,
        "image_link": links[0] if links else "",
        "additional_image_link": links[1:],
        "sale_price_effective_date": _dates(product),
        "brand": _as_html(product.brand),
        "product_type": _as_html(product.category.name),
        "color": product.colour,
        "material": product.material,
        "pattern": product.pattern,
        "gender": product.gender,
        "age_group": product.age_group,
        "status": _STATES.get(product.status, product.status),
    }


def _variant_cells(product: Product, variant: Variant) -> Row:
    own = product if variant.price_cents is None else variant
    quantity = "" if variant.quantity is None else str(variant.quantity)
    return {
        "id": variant.sku,
        "price": _price(own.price_cents, product.currency),
        "sale_price": _price(own.sale_price_cents, product.currency),
        "availability": variant.availability,
        "quantity": quantity,
        "size": variant.size,
        "gtin": variant.gtin,
    }


def _price(cents: int | None, currency: str) -> str:
    return "" if cents is None else f"{decimal(cents, currency)} {currency}"


def _dates(product: Product) -> str:
    dates = (product.sale_starts, product.sale_ends)
    return "/".join(d.isoformat() if d else "" for d in dates) if any(dates) else ""


def _as_html(text: str) -> str:
    """Escape a text that an import would take for HTML."""
    once = escape(text, quote=False)
    spellings = (text, once, escape(once, quote=False))
    same = (each for each in spellings if plain_text(each) == tidy_lines(text))
    return next(same, text)
