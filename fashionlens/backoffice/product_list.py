"""The list of products: its filters, and the search by words and codes."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.cache import caches
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeNumericListFilter

from catalog.feeds.runs.models import FeedSource
from catalog.models import Category, Product
from catalog.money import parse_price, shop_currency
from catalog.variants.models import Variant
from catalog.words import WordsError, WordsQuery, clean
from fashionlens.backoffice.model_admin import ModelAdmin
from fashionlens.backoffice.product_form.photos import small_thumbnail
from search.index.encoders import active_encoder
from search.models import EmbeddingFailure, Photo

MAX_BRANDS = 100  # in the filter beside the list
BRANDS_TTL_S = 60
MAX_FEEDS = 100
BY_HAND = "/"  # no name of a feed

Choices = list[tuple[str, str]]


class ProductFilter(admin.SimpleListFilter):
    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> QuerySet[Product]:
        value = self.value()
        return self.narrow(queryset, value) if value else queryset

    def narrow(self, products: QuerySet[Product], value: str) -> QuerySet[Product]:
        raise NotImplementedError


class PhotosFilter(ProductFilter):
    title = "photos"
    parameter_name = "photos"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        states = [("waiting", "Waiting"), ("failed", "Failed")]
        return [*states, ("none", "Without photo")]

    def narrow(self, products: QuerySet[Product], value: str) -> QuerySet[Product]:
        if value == "none":
            return products.filter(images=None)
        encoder = active_encoder()
        if value == "failed":
            failures = EmbeddingFailure.objects.filter(encoder=encoder)
            return products.filter(pk__in=failures.values("image__product"))
        waiting = Photo.objects.pending(encoder)
        return products.filter(pk__in=waiting.values("product"))


class StockFilter(ProductFilter):
    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("in", "In stock"), ("out", "Out of stock")]

    def narrow(self, products: QuerySet[Product], value: str) -> QuerySet[Product]:
        return products.filter(stocked=value == "in")


class BrandFilter(ProductFilter):
    """Brands to choose from; where there are many, the search finds them instead."""

    title = "brand"
    parameter_name = "brand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        brands = caches["process"].get("brands")
        if brands is None:
            found = Product.objects.order_by("brand").values_list("brand", flat=True)
            brands = list(found.exclude(brand="").distinct()[: MAX_BRANDS + 1])
            caches["process"].set("brands", brands, BRANDS_TTL_S)
        few = len(brands) <= MAX_BRANDS
        return [(brand, brand) for brand in brands] if few else []

    def narrow(self, products: QuerySet[Product], value: str) -> QuerySet[Product]:
        return products.filter(brand=value)


class FeedFilter(ProductFilter):
    title = "feed"
    parameter_name = "feed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        names = FeedSource.objects.values_list("name", flat=True)[:MAX_FEEDS]
        return [*((name, name) for name in names), (BY_HAND, "By hand")]

    def narrow(self, products: QuerySet[Product], value: str) -> QuerySet[Product]:
        if value == BY_HAND:
            return products.filter(fed=None)
        return products.filter(fed__feed=value)


class PriceFilter(RangeNumericListFilter):
    title = "price"
    parameter_name = "price"

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> QuerySet[Product]:
        for end, lookup in (("from", "gte"), ("to", "lte")):
            if text := self.used_parameters.get(f"price_{end}"):
                try:
                    price = parse_price(str(text), shop_currency())
                except ValueError:
                    return queryset.none()
                queryset = queryset.filter(
                    **{f"effective_price_cents__{lookup}": price.cents}
                )
        return queryset


def search_products(products: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Return products by the words of their texts, or by the beginning of a code.

    A code is an SKU, also that of a size, or a GTIN.
    """
    try:
        words = clean(text)
    except WordsError:
        return products.none()
    found = Q()
    for code in _spellings(words):
        sizes = Variant.objects.filter(Q(sku__startswith=code) | Q(gtin=code))
        found |= Q(sku__startswith=code) | Q(pk__in=sizes.values("product"))
    query = WordsQuery.of(words, last_is_prefix=True)
    if query.tsquery:
        matching = Product.objects.matching(query.query)
        found |= Q(pk__in=matching.order_by().values("pk"))
    return products.filter(found)


def _spellings(code: str) -> Iterator[str]:
    yield code
    if code != code.upper():
        yield code.upper()


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    list_display = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]


class ProductListAdmin(ModelAdmin):
    list_display = ["photo", "title", "sku", "category", "price", "stock", "status"]
    list_display_links = ["photo", "title"]
    list_filter = [
        *("status", PhotosFilter, StockFilter, PriceFilter),
        *("category", BrandFilter, FeedFilter),
    ]
    list_filter_submit = True  # for the prices
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["sku"]  # for the field; see get_search_results
    search_help_text = "Words, or the beginning of an SKU, or a GTIN"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return Product.objects.with_photos().outside_trash()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        text = search_term.strip()
        return search_products(queryset, text) if text else queryset, False

    @admin.display(description="Photo")
    def photo(self, product: Product) -> SafeString | str:
        return small_thumbnail(product.cover)

    @admin.display(ordering="effective_price_cents")
    def price(self, product: Product) -> str:
        return product.price_display
