"""The products of the shop that the rows of a feed are about."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Q

from catalog.feeds.groups import RowGroup
from catalog.feeds.options import ImportOptions
from catalog.models import Product
from catalog.slugs import comparable
from catalog.variants.models import Variant

Style = tuple[str, str]  # group and colour


@dataclass
class StoredProducts:
    products: dict[int, Product] = field(default_factory=dict)
    variants: dict[str, Variant] = field(default_factory=dict)  # by SKU
    styles: dict[Style, int] = field(default_factory=dict)  # of this feed
    partial: bool = False  # the rows are some of a feed

    @classmethod
    def load(
        cls, groups: list[RowGroup], options: ImportOptions, *, lock: bool
    ) -> "StoredProducts":
        """Read the products and all of their variants; `lock` needs a transaction."""
        skus = [sku for group in groups for sku in group.skus]
        names = {group.group for group in groups} - {""}
        of_feed = Product.objects.filter(group__in=names, fed__feed=options.feed_name)
        ids = set(Variant.objects.with_skus(skus).values_list("product", flat=True))
        ids.update(of_feed.values_list("pk", flat=True) if names else [])
        products = Product.objects.filter(pk__in=ids).order_by("pk")
        if lock:
            products = products.select_for_update(no_key=True)
        stored = cls({each.pk: each for each in products}, partial=options.partial)
        wanted = Q(product__in=stored.products) | Q(sku__in=skus)
        for variant in Variant.objects.filter(wanted):
            stored.variants[variant.sku] = variant
        named = of_feed.filter(pk__in=ids) if names else []
        for product in named:
            stored.styles[product.group, comparable(product.colour)] = product.pk
        return stored

    def is_partial(self, product: int, group: RowGroup) -> bool:
        """Return whether the rows may be some sizes of a product only."""
        some = self.partial or not group.group
        return some and bool(self._sizes[product] - set(group.skus))

    def first_place(self, product: int, group: RowGroup) -> int:
        """Return the position of the first of the rows among the sizes."""
        return len(self._sizes[product]) if self.is_partial(product, group) else 0

    @cached_property
    def _sizes(self) -> dict[int, set[str]]:
        sizes: dict[int, set[str]] = defaultdict(set)
        for sku, variant in self.variants.items():
            sizes[variant.product_id].add(sku)
        return sizes

    def match(
        self, groups: Iterable[RowGroup]
    ) -> tuple[dict[int, RowGroup], list[RowGroup]]:
        """Return the rows of each stored product, and those of new products."""
        found: dict[int, RowGroup] = {}
        rest: list[RowGroup] = []
        for group in groups:
            product = self.styles.get((group.group, comparable(group.colour)))
            if group.group and product:
                found[product] = group
            else:
                rest.append(group)
        new: list[RowGroup] = []
        for group in rest:
            product = self._holder(group, found)
            if product is None:
                new.append(group)
            else:
                found[product] = found[product] + group if product in found else group
        return found, new

    def _holder(self, group: RowGroup, taken: dict[int, RowGroup]) -> int | None:
        """Return the product that has the rows' SKUs already.

        One that also has sizes of another style or colour keeps those.
        """
        for sku in group.skus:
            variant = self.variants.get(sku)
            product = variant.product_id if variant else None
            if product not in self.products:
                continue
            free = product not in taken and self._sizes[product] <= set(group.skus)
            if free or not group.group:
                return product
        return None
