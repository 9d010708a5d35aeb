"""Demo texts, prices and stock for products of which only a photo exists.

The same photo always gets the same texts. They fit any photo of the category: they do
not mention what the photo would have to show (neckline, buttons, length).
"""

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.slugs import ascii_letters, slug_of

_NAME_LENGTH = 60  # of a folder's name inside a title
_LETTER_SIZES = ("XS", "S", "M", "L", "XL")
_OWN_SIZES = {  # of categories
    "hat": (),
    "pants": ("28", "30", "32", "34", "36"),
    "shoes": ("37", "38", "39", "40", "41", "42", "43"),
}
_MATERIAL = re.compile("cotton|viscose|jersey|crepe|wool|twill|poplin|linen")
_SALE_SHARE = 0.12
_ENDINGS_LOW, _ENDINGS_HIGH = (50, 90, 90, 95), (0, 0, 0, 50)


@dataclass(frozen=True)
class ProductTexts:
    title: str
    brand: str
    description: str
    price_cents: int
    stock: int
    sku: str
    slug: str
    colour: str
    material: str
    sizes: Mapping[str, int]  # size -> stock; empty for a garment without sizes
    sale_price_cents: int | None


@dataclass(frozen=True)
class CategoryTexts:
    """The words for all garments of a category."""

    code: str  # the first part of the SKU
    noun: str
    cents: int  # a typical price
    fits: Sequence[str]
    cloths: Sequence[str]
    goes_with: Sequence[str]
    plural: bool = False


@dataclass(frozen=True)
class Brand:
    name: str
    level: float  # of its prices, 1 is typical
    slogan: str
    makes: Sequence[str] = ()  # categories; empty for all


CATEGORY_TEXTS: dict[str, CategoryTexts] = {
    "dress": CategoryTexts(
        "DRS", "dress", 6200,
        ("everyday", "easy", "city", "weekend", "summer-to-autumn", "day-to-evening"),
        ("cotton", "viscose", "jersey", "crepe"),
        ("flat shoes and a light jacket", "a short cardigan", "boots in colder months"),
    ),
    "hat": CategoryTexts(
        "HAT", "hat", 2600,
        ("everyday", "weekend", "travel", "go-to", "all-season", "festival"),
        ("cotton", "wool-blend", "felted", "woven"),
        ("a plain coat", "whatever is by the door", "a simple shirt"),
    ),
    "longsleeve": CategoryTexts(
        "LSL", "long-sleeve top", 4200,
        ("everyday", "relaxed", "layering", "weekend", "classic", "soft-touch"),
        ("cotton", "jersey", "fine-knit", "cotton-blend"),
        ("straight jeans", "a jacket over it", "relaxed trousers"),
    ),
    "outwear": CategoryTexts(
        "OUT", "jacket", 11800,
        ("mid-season", "city", "weekend", "everyday", "classic", "travel"),
        ("cotton-blend", "wool-blend", "technical", "brushed"),
        ("a light jumper under it", "jeans and boots", "a scarf on cold days"),
    ),
    "pants": CategoryTexts(
        "PNT", "trousers", 6400,
        ("relaxed", "everyday", "easy", "city", "weekend", "classic"),
        ("twill", "cotton", "stretch-cotton", "cotton-blend"),
        ("a white T-shirt", "a tucked-in shirt", "a soft jumper"),
        plural=True,
    ),
    "shirt": CategoryTexts(
        "SHI", "shirt", 4900,
        ("everyday", "relaxed", "weekend", "classic", "city", "easy-care"),
        ("poplin", "cotton", "brushed-cotton", "linen-blend"),
        ("chinos", "jeans, open over a T-shirt", "tailored trousers"),
    ),
    "shoes": CategoryTexts(
        "SHO", "shoes", 8400,
        ("everyday", "city", "weekend", "go-to", "classic", "walk-anywhere"),
        ("soft-lined", "cushioned", "sturdy", "lightweight"),
        ("cropped trousers", "jeans", "nearly everything you own"),
        plural=True,
    ),
    "shorts": CategoryTexts(
        "SRT", "shorts", 3600,
        ("relaxed", "summer", "weekend", "everyday", "holiday", "easy"),
        ("cotton", "twill", "linen-blend", "quick-drying"),
        ("a plain T-shirt", "an open shirt", "sandals or trainers"),
        plural=True,
    ),
    "skirt": CategoryTexts(
        "SKT", "skirt", 4600,
        ("everyday", "city", "easy", "weekend", "classic", "year-round"),
        ("cotton", "twill", "viscose", "crepe"),
        ("a tucked-in top", "a fine jumper", "tights and ankle boots"),
    ),
    "t-shirt": CategoryTexts(
        "TSH", "T-shirt", 2200,
        ("everyday", "relaxed", "weekend", "classic", "easy", "go-to"),
        ("cotton", "jersey", "heavyweight cotton", "organic cotton"),
        ("jeans", "shorts in summer", "a jacket or an open shirt"),
    ),
}  # fmt: skip

BRANDS: tuple[Brand, ...] = (
    Brand("Alder & Finch", 1.25, "Quiet clothes, cut to be worn for years."),
    Brand("Brightwater", 0.8, "Good basics at a fair price."),
    Brand("Harrow Lane", 1.0, "City staples that do not shout."),
    Brand("Kestrel Supply", 1.1, "Made for days that begin outdoors."),
    Brand("Lumen Row", 0.7, "Simple shapes, new colours every season."),
    Brand("Maison Tilleul", 1.9, "A small house with a careful hand."),
    Brand("Marrow & Moss", 1.35, "Earthy tones and honest fabrics."),
    Brand("Nordvik Studio", 1.55, "Northern calm, down to the last seam."),
    Brand("Ostra", 0.9, "From the coast, for everywhere else."),
    Brand("Petal & Plain", 0.75, "Light, cheerful and easy to wash."),
    Brand("Quayside Goods", 1.0, "Workwear ideas in everyday weights."),
    Brand(
        "Tamsin Vale", 1.7, "Fine pieces in small runs.", ("dress", "skirt", "shirt")
    ),
    Brand("Cobble & Last", 1.3, "Shoemakers first and last.", ("shoes",)),
    Brand("Crown & Brim", 1.1, "Nothing but headwear.", ("hat",)),
)


def describe(
    *, category: str, colour: str, key: str, number: int = 0, style: str = ""
) -> ProductTexts:
    """Return the texts, price and stock of a photo's product.

    `category` is the folder's name, known here or not; `key` is the photo's sha256 in
    hex, which determines the SKU and the choice of words. Another `number` chooses
    other words for the same photo. Photos of one `style` get the same words.
    """
    chance = random.Random(f"{style or key}:{number}")
    words = CATEGORY_TEXTS.get(category) or _texts_of_own_folder(category)
    brand = chance.choice([b for b in BRANDS if not b.makes or category in b.makes])
    adjective = chance.choice(words.fits)
    cloth = chance.choice(words.cloths)
    first = chance.choice([adjective, adjective, cloth])
    title = f"{colour} {first} {words.noun}"
    sku = f"{words.code}-{key[:10].upper()}"
    description = _description(chance, words, colour, cloth, brand)
    price_cents = _price(chance, words, brand)
    own = random.Random(f"{key}:own")  # not of the style
    stock = _stock(own if style else chance)
    return ProductTexts(
        title=_capital(title),
        brand=brand.name,
        description=description,
        price_cents=price_cents,
        stock=stock,
        sku=sku,
        slug=slug_of(f"{title} {sku}"),
        colour=_capital(colour),
        material=_capital(cloth) if _MATERIAL.search(cloth) else "",
        sizes=_sizes(own, category, stock),
        sale_price_cents=_sale_price(own, price_cents),
    )


def _texts_of_own_folder(category: str) -> CategoryTexts:
    printable = "".join(c if c.isprintable() else " " for c in category)
    name = " ".join(printable.replace("_", " ").split())[:_NAME_LENGTH].strip()
    code = re.sub("[^A-Z0-9]", "", ascii_letters(name).upper())[:3]
    return CategoryTexts(
        code if len(code) == 3 else "FLS",
        f"piece from {name or 'the shop'}",
        4800,
        ("everyday", "weekend", "classic", "city", "easy"),
        ("hand-picked", "well-made", "go-to"),
        ("your favourites", "something plain", "whatever the day brings"),
    )


def _description(
    chance: random.Random, words: CategoryTexts, colour: str, cloth: str, brand: Brand
) -> str:
    it, is_, this = ("them", "are", "these") if words.plural else ("it", "is", "this")
    thing = f"{_article(cloth, words)} in {colour}"
    occasion = f"{_article(chance.choice(words.fits), words)} in {colour}"
    opening = chance.choice(
        [
            f"{thing}, made to be worn often.",
            f"{thing}, cut without fuss.",
            f"{occasion} from {brand.name}.",
            f"{this} {colour} {words.noun} {is_} easy to wear and easy to look after.",
        ]
    )
    partner = chance.choice(words.goes_with)
    closing = chance.choice(
        [
            f"Wear {it} with {partner}.",
            f"Pair {it} with {partner}.",
            f"We like {it} with {partner}.",
            brand.slogan,
        ]
    )
    return f"{_capital(opening)} {closing}"


def _article(adjective: str, words: CategoryTexts) -> str:
    if words.plural:
        return f"{adjective} {words.noun}"
    return f"{'an' if adjective[0] in 'aeio' else 'a'} {adjective} {words.noun}"


def _price(chance: random.Random, words: CategoryTexts, brand: Brand) -> int:
    # Expensive products end in .00 more often.
    units = round(words.cents * brand.level * chance.uniform(0.8, 1.25) / 100)
    endings = _ENDINGS_HIGH if brand.level > 1.2 else _ENDINGS_LOW
    ending = chance.choice(endings)
    return max(units - (ending > 0), 4) * 100 + ending


def _sale_price(chance: random.Random, price_cents: int) -> int | None:
    if chance.random() > _SALE_SHARE:
        return None
    return round(price_cents * chance.choice((0.6, 0.7, 0.8)) / 100) * 100 - 10


def _sizes(chance: random.Random, category: str, stock: int) -> dict[str, int]:
    if category not in CATEGORY_TEXTS:
        return {}
    names = _OWN_SIZES.get(category, _LETTER_SIZES)
    counted = Counter(chance.choices(names, k=stock) if names else ())
    return {name: counted[name] for name in names}


def _stock(chance: random.Random) -> int:
    lot = chance.random()
    if lot < 0.06:
        return 0
    return chance.randint(1, 3) if lot < 0.20 else chance.randint(4, 80)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
