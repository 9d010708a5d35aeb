import hashlib

from django.utils.text import slugify

from catalog.models import Category
from catalog.slugs import in_plain_letters

CATEGORY_NAMES: dict[str, str] = {
    "dress": "Dresses",
    "hat": "Hats",
    "longsleeve": "Long sleeves",
    "outwear": "Outerwear",
    "pants": "Trousers",
    "shirt": "Shirts",
    "shoes": "Shoes",
    "shorts": "Shorts",
    "skirt": "Skirts",
    "t-shirt": "T-shirts",
}


def category_of(name: str) -> Category:
    """Return the category that a folder or feed names; create it if necessary."""
    shown = CATEGORY_NAMES.get(name, name)
    known = Category.objects.filter(name__iexact=shown).order_by("id").first()
    if known:
        return known
    slug = _category_slug(name)
    return Category.objects.get_or_create(slug=slug, defaults={"name": shown[:80]})[0]


def _category_slug(name: str) -> str:
    """Return a slug that is unique for each name, even for `日本` and `メンズ T`."""
    letters = in_plain_letters(name)
    slug = slugify(letters)
    lost = any(char.isalnum() and not char.isascii() for char in letters)
    if 0 < len(slug) <= 80 and not lost:
        return slug
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{slug[:71]}-{digest[:8]}".strip("-")
