"""Photos in the widths that browsers choose from."""

from typing import Any

from django import template

from catalog.models import ProductImage
from catalog.photos.renditions.placeholder import placeholder_address

register = template.Library()

FIRST_ROW = 4  # cards that are seen without scrolling; the others load when they are
# What takes a picture -> the widths offered, and how wide it is shown (`sizes`).
_PLACES: dict[str, tuple[tuple[int, int], str]] = {
    "card": (
        (320, 800),
        "(min-width: 108rem) 15rem, (min-width: 96rem) 15vw, (min-width: 75rem) 18vw,"
        " (min-width: 64rem) 24vw, (min-width: 44rem) 31vw, 46vw",
    ),
    "small": ((160, 320), "4.25rem"),
    "large": ((480, 1200), "(min-width: 48rem) 33rem, 92vw"),
}


@register.inclusion_tag("storefront/_picture.html")
def picture(
    image: ProductImage, place: str, alt: str = "", number: int | str = FIRST_ROW + 1
) -> dict[str, Any]:
    """Show a photo; `number` is its place in the list that the page is about."""
    (least, most), sizes = _PLACES[place]
    all_widths = image.renditions
    offered = [each for each in all_widths if least <= each.width <= most]
    is_lazy = int(number) > FIRST_ROW
    return {
        "image": image,
        "alt": alt,
        "address": (offered or all_widths[-1:])[0].url,
        "offered": offered if len(offered) > 1 else [],
        # Browsers that know it measure the place of a lazy picture themselves.
        "sizes": f"auto, {sizes}" if is_lazy else sizes,
        "is_lazy": is_lazy,
        "is_first": int(number) == 1,
        "placeholder": placeholder_address(image.picture_tint),
    }
