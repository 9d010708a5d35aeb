"""What the style page shows: products, filters and pictures that are not stored."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote
from zlib import crc32

from catalog.facet_counts import FacetCounts, PriceSpan
from catalog.facets import FacetValue
from catalog.filters import Filters
from catalog.models import Category, Product
from catalog.variants.models import Variant
from fashionlens.storefront.colours import DOTS, ColourChip, ColourChoice, Emphasis
from search.query.refinement import Refinement

ARABIC = "فستان صيفي طويل بأزهار صغيرة"
LONG = ("Extraordinarily long title that names every detail of the garment " * 5)[:300]


@dataclass(frozen=True)
class DrawnPhoto:
    """A photo that is drawn here instead of stored, as templates take it."""

    hue: int
    width: int = 480
    height: int = 640
    alt_text: str = ""
    picture_tint: None = None

    @property
    def url(self) -> str:
        drawing = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 64" width="480">'
            f'<rect width="48" height="64" fill="hsl({self.hue} 20% 92%)"/>'
            f'<path d="M18 14h12l8 8-4 5-3-2v27H17V25l-3 2-4-5z"'
            f' fill="hsl({self.hue} 45% 45%)"/></svg>'
        )
        return f"data:image/svg+xml,{quote(drawing)}"

    @property
    def renditions(self) -> list["DrawnPhoto"]:
        return [self]


@dataclass(frozen=True)
class SampleCard:
    product: Product
    image: DrawnPhoto | None
    note: str = ""
    why: str = ""


def make_cards() -> list[SampleCard]:
    sale = {"sale_price_cents": 1490, "on_sale": True}
    return [
        SampleCard(_product("Linen dress"), DrawnPhoto(20)),
        SampleCard(_product("The same again"), DrawnPhoto(20), note="same item"),
        SampleCard(_product("Like it"), DrawnPhoto(60), why="Same kind and colour"),
        SampleCard(_product("On sale", **sale), DrawnPhoto(120)),
        SampleCard(_product("Nearly gone", stock=1), DrawnPhoto(170)),
        SampleCard(_product("Gone", stock=0), DrawnPhoto(200)),
        SampleCard(_product("To order", availability="preorder"), DrawnPhoto(240)),
        SampleCard(_product("Without a photo"), None),
        SampleCard(_product(LONG, brand="B" * 80), DrawnPhoto(280, 480, 4800)),
        SampleCard(_product(ARABIC, brand="دار الأزياء"), DrawnPhoto(310)),
        SampleCard(_product("👗✨ Party 🎉", brand=""), DrawnPhoto(340)),
        SampleCard(_product("Dear", price_cents=129_999_00), DrawnPhoto(0)),
    ]


def make_sizes() -> list[Variant]:
    product = _product("Sizes")
    sizes: dict[str, dict[str, Any]] = {
        "S": {"quantity": 0},
        "M": {"quantity": 1},
        "L": {},
        "XL": {"price_cents": 2590},
        "One size fits most people": {"availability": "preorder"},
    }
    return [Variant(product=product, size=size, **rest) for size, rest in sizes.items()]


def _product(title: str, **fields: Any) -> Product:
    given: dict[str, Any] = {
        "pk": crc32(title.encode()),  # other parts of the page are named by it
        "slug": "sample",
        "brand": "Nordlys",
        "category": Category(name="Dresses", slug="dress"),
        "price_cents": 1990,
        "currency": "EUR",
        "stock": 9,
    }
    return Product(title=title, **given | fields)


def make_filters() -> Filters:
    return Filters(
        categories=("hat",),
        colours=("red",),
        sizes=("M",),
        price_max_cents=6000,
        in_stock=True,
    )


def make_search(*, liked: Product) -> SimpleNamespace:
    """Return what templates use of a `KeptSearch`."""
    return SimpleNamespace(
        id="sample",
        origin=SimpleNamespace(has_picture=True, photo=True, box=None, garments=()),
        refinement=Refinement(like=(liked.sku,)),
    )


def make_facets() -> FacetCounts:
    def values(*names: str) -> list[FacetValue]:
        return [FacetValue(n, n, 9 * len(n), n == names[1]) for n in names]

    return FacetCounts(
        categories=values("dress", "hat", "shoes"),
        colours=values("black", "red", "light blue", "white"),
        kinds=values("dress", "T-shirt"),
        seen_patterns=values("plain", "striped"),
        brands=values("Nordlys", "Ostra", ARABIC),
        sizes=values("S", "M", "L", "XL", "38", "39", "40", "One size"),
        genders=[],
        age_groups=[],
        materials=[],
        patterns=[],
        prices=[],
        in_stock=1234,
        price_span=PriceSpan(990, 12_990),
    )


def make_colours() -> ColourChoice:
    chips = [ColourChip(name.replace("-", " "), name == "red") for name in sorted(DOTS)]
    emphases = [
        Emphasis("cut", ("kind:2",), False),
        Emphasis("colour", ("colour:2",), False),
    ]
    return ColourChoice(chips, is_any=False, emphases=emphases)
