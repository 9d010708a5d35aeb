"""The colours that a feed names go before those that photos show."""

from collections.abc import Mapping

from catalog.feeds.store.colour_words import name_colours
from catalog.models import Product, ProductImage


def choose_colours(image: ProductImage) -> None:
    """Give an unsaved photo the colours of its product, if they are known."""
    if names := name_colours(image.product.colour):
        image.colours, image.colours_chosen = names, True


def choose_product_colours(before: Mapping[Product, str]) -> None:
    """Give stored photos the colours of products that had other ones `before`.

    Colours that a person chose stay.
    """
    changed = []
    images = ProductImage.objects.filter(product__in=before)
    for image in images.select_related("product"):
        old = name_colours(before[image.product])
        if not image.colours_chosen or image.colours == old:
            choose_colours(image)
            changed.append(image)
    if changed:
        ProductImage.objects.bulk_update(changed, ["colours", "colours_chosen"])
