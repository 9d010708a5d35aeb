from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import Max, QuerySet
from django.urls import reverse

from catalog.models import Category, Product
from fashionlens.identity.models import Page


class _ShopSitemap(Sitemap):
    limit = 5000  # addresses a file


class Products(_ShopSitemap):
    def items(self) -> QuerySet[Product]:
        return Product.objects.published().only("id", "slug", "updated").order_by("id")

    def lastmod(self, item: Product) -> datetime:
        return item.updated

    def get_latest_lastmod(self) -> datetime | None:
        # Django would load every product.
        return self.items().aggregate(last=Max("updated"))["last"]


class Categories(_ShopSitemap):
    def items(self) -> QuerySet[Category]:
        return Category.objects.order_by("id")


class Pages(_ShopSitemap):
    def items(self) -> list[str]:
        return ["storefront:home", "storefront:search"]

    def location(self, item: str) -> str:
        return reverse(item)


class Texts(_ShopSitemap):
    def items(self) -> QuerySet[Page]:
        return Page.objects.all()


SITEMAPS = {
    "pages": Pages,
    "texts": Texts,
    "categories": Categories,
    "products": Products,
}
