from django import template

from catalog.models import Product
from search.services import Match, similar_products

register = template.Library()


@register.simple_tag
def similar_items(product: Product, limit: int = 12) -> list[Match]:
    """Products that look like this one, best first."""
    return similar_products(product=product, limit=limit)
