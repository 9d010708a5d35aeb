"""The shop's own names of colours, kinds and other facets, which pages translate.

A merchant's own names stay as they are: only what is listed here has a translation.
"""

from collections.abc import Sequence

from django.utils.translation import pgettext

_COLOURS = (
    *("beige", "black", "blue", "brown", "burgundy", "cream", "gold", "green", "grey"),
    *("light blue", "multi", "navy", "olive", "orange", "pink", "purple", "red"),
    *("silver", "turquoise", "white", "yellow"),
)
_KINDS = (
    *("T-shirt", "beanie", "beret", "blazer", "blouse", "bodysuit", "bomber jacket"),
    *("boots", "bucket hat", "cap", "cardigan", "cargo trousers", "coat"),
    *("denim jacket", "denim shorts", "denim skirt", "dress", "flats"),
    *("fleece jacket", "heels", "hoodie", "jacket", "jeans", "joggers", "jumpsuit"),
    *("knitted dress", "lace-ups", "leather jacket", "leggings", "long-sleeve top"),
    *("overall", "parka", "pencil skirt", "pinafore", "pleated skirt", "polo shirt"),
    *("puffer jacket", "pyjamas", "raincoat", "sandals", "shirt", "shirt dress"),
    *("shorts", "skirt", "slippers", "sneakers", "snowsuit", "sports shorts"),
    *("sun hat", "sweater", "sweatshirt", "swim shorts", "tank top", "top"),
    *("trousers", "tulle skirt", "turtleneck", "vest", "winter hat"),
)
_CATEGORIES = (  # of the demo shop, and common in feeds
    *("bags", "dress", "dresses", "hat", "hats", "long sleeves", "longsleeve"),
    *("outerwear", "outwear", "pants"),
    *("shirt", "shirts", "shoes", "shorts", "skirt", "skirts", "t-shirt", "t-shirts"),
    *("trousers", "coats", "jackets", "jeans", "sweaters", "accessories"),
)
_PATTERNS = (
    *("animal print", "camouflage", "checked", "colour block", "dotted", "floral"),
    *("lace", "plain", "printed", "striped"),
)
VOCABULARY: dict[str, Sequence[str]] = {
    "colour": _COLOURS,
    "kind": _KINDS,
    "category": _CATEGORIES,
    "seen_pattern": _PATTERNS,
    "pattern": _PATTERNS,
    "gender": ("Women", "Men", "Unisex"),
    "age_group": ("Newborn", "Infant", "Toddler", "Kids", "Adult"),
    "availability": ("In stock", "Out of stock", "Preorder", "Backorder"),
    "band": ("same item", "very similar", "similar"),
    "part": ("category", "kind", "pattern", "colour", "appearance"),
    "facet": (
        *("Category", "Colour", "Kind", "Pattern seen", "Brand", "Size", "For", "Age"),
        *("Material", "Pattern"),
    ),
    "parameter": (
        *("category", "colour", "kind", "seen_pattern", "brand", "size", "gender"),
        *("age_group", "material", "pattern"),
    ),
}


def translate_name(vocabulary: str, name: str) -> str:
    """Return the name in the active language, in the letters' case of the original."""
    plain = str(name).replace("-", " ") if vocabulary == "colour" else str(name)
    for known in (plain, plain.lower()):
        if (translated := pgettext(vocabulary, known)) != known:
            is_capital = known != plain and plain[:1].isupper()
            return translated[:1].upper() + translated[1:] if is_capital else translated
    return plain
