import logging

from django import template

from catalog.models import Product
from fashionlens.storefront.search_forms import PhotoForm
from ml.encoder import EncoderError
from search.index.encoders import NoActiveEncoder
from search.query.results import Match
from search.query.services import is_pending, similar_products

register = template.Library()
log = logging.getLogger(__name__)


@register.simple_tag
def similar_items(product: Product, limit: int = 12) -> list[Match]:
    """Products that look like this one, best first; none while that cannot be said.

    A missing encoder must not take the product pages down.
    """
    try:
        return similar_products(product=product, limit=limit)
    except (NoActiveEncoder, EncoderError):
        log.exception("No similar items for %s", product.sku)
        return []


@register.simple_tag
def being_prepared(product: Product) -> bool:
    """Whether similar items are still to come. Ask where there are none."""
    try:
        return is_pending(product=product)
    except NoActiveEncoder:
        return True


@register.simple_tag
def new_photo_form() -> PhotoForm:
    """For pages of rooms that must not import search."""
    return PhotoForm()
