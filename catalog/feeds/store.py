"""Rows of a feed become products."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from catalog.categories import category_of
from catalog.feeds.columns import FeedRefused
from catalog.feeds.photo_order import Changes, Wanted, place_photos
from catalog.feeds.photos import LinkedPhoto
from catalog.feeds.rows import Row, most_chars
from catalog.models import Category, FeedProduct, Product
from catalog.slugs import slug_of


@dataclass(frozen=True)
class Options:
    name: str  # of the feed
    photos: Path
    currency: str = "EUR"
    category: str = ""  # of new products whose rows name none
    private: bool = False
    trust: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Raises FeedRefused."""
        if not re.fullmatch("[A-Z]{3}", self.currency):
            raise FeedRefused(f"--currency {self.currency}: write it as EUR.")
        for option, text, model, name in (
            ("feed-name", self.name, FeedProduct, "feed"),
            ("category", self.category, Category, "name"),
        ):
            if len(text) > (most := most_chars(model, name)):
                raise FeedRefused(f"--{option} {text}: at most {most} characters.")
        if not self.photos.is_dir():
            raise FeedRefused(f"--photos {self.photos}: there is no such folder.")


class Batch:
    """What happens in one transaction."""

    def __init__(
        self,
        options: Options,
        rows: list[Row],
        linked: dict[str, dict[str, LinkedPhoto]],
        known: set[str],
    ) -> None:
        self.options = options
        self.rows = rows
        self.linked = linked
        self.known = known

    def store(self) -> dict[str, int]:
        """Counts, by the names of Report."""
        skus = [row.sku for row in self.rows]
        locked = Product.objects.with_skus(skus).select_for_update(no_key=True)
        known = {product.sku: product for product in locked.order_by("pk")}
        categories = self._categories()
        # One deleted since its photos were looked at is made by the next import.
        fresh = [r for r in self.rows if r.sku not in known.keys() | self.known]
        made = self._create(fresh, categories)
        changed = {
            product.sku
            for row in self.rows
            if (product := known.get(row.sku)) and _apply(row, product, categories)
        }
        returned = self._claim(known)
        photos = self._place(known | made)
        changed |= {product.sku for product in returned}
        changed |= photos.products & known.keys()
        _update([known[sku] for sku in sorted(changed)])
        return {
            "created": len(made),
            "updated": len(changed),
            "unchanged": len(known) - len(changed),
            "returned": len(returned),
            "photos": len(photos.added),
            "removed": len(photos.removed),
        }

    def _categories(self) -> dict[str, Category]:
        names = {row.category for row in self.rows} | {self.options.category}
        return {name: category_of(name) for name in sorted(names - {""})}

    def _create(
        self, rows: list[Row], categories: dict[str, Category]
    ) -> dict[str, Product]:
        slugs = _free_slugs(rows)
        products = Product.objects.bulk_create(
            Product(
                sku=row.sku,
                slug=slugs[row.sku],
                stock=row.stock_after(0),
                category=categories[row.category or self.options.category],
                **row.fields,
            )
            for row in rows
        )
        FeedProduct.objects.bulk_create(
            FeedProduct(product=product, feed=self.options.name) for product in products
        )
        return {product.sku: product for product in products}

    def _claim(self, known: dict[str, Product]) -> list[Product]:
        """Note that this feed has them; those it had archived are back."""
        fed = FeedProduct.objects.filter(product__in=known.values())
        products = {product.pk: product for product in known.values()}
        returned = []
        for each in fed.filter(archived=True):
            product = products[each.product_id]
            if product.status == Product.Status.ARCHIVED:
                product.status = Product.Status.PUBLISHED
                returned.append(product)
        fed.exclude(feed=self.options.name, archived=False).update(
            feed=self.options.name, archived=False
        )
        return returned

    def _place(self, products: dict[str, Product]) -> Changes:
        wanted = {
            products[row.sku]: Wanted(row.links, self.linked[row.sku])
            for row in self.rows
            if row.links and row.sku in products
        }
        changes = place_photos(wanted)
        if not self.options.dry_run:  # its files would stay
            changes.store()
        return changes


def _apply(row: Row, product: Product, categories: dict[str, Category]) -> bool:
    """Whether anything differed."""
    values: dict[str, Any] = row.fields | {"stock": row.stock_after(product.stock)}
    if row.category:
        values["category_id"] = categories[row.category].pk
    changed = {n: v for n, v in values.items() if getattr(product, n) != v}
    for name, value in changed.items():
        setattr(product, name, value)
    return bool(changed)


def _update(products: list[Product]) -> None:
    now = timezone.now()
    for product in products:
        product.updated = now
    fields = ["title", "description", "brand", "price_cents", "currency", "stock"]
    Product.objects.bulk_update(products, [*fields, "category", "status", "updated"])


def _free_slugs(rows: list[Row]) -> dict[str, str]:
    """SKU -> slug, of title and SKU as in the admin; where taken, of a hash too."""
    wanted = {row.sku: _slug(row.fields["title"], row.sku) for row in rows}
    taken = set(
        Product.objects.filter(slug__in=wanted.values()).values_list("slug", flat=True)
    )
    for sku, slug in wanted.items():
        if slug in taken:
            slug = _slug(slug, hashlib.sha256(sku.encode()).hexdigest()[:8])
            wanted[sku] = slug
        taken.add(slug)
    return wanted


def _slug(title: str, end: str) -> str:
    most = Product._meta.get_field("slug").max_length or 0
    end = slug_of(end)
    start = slug_of(title)[: max(most - len(end) - 1, 0)]
    return f"{start}-{end}".strip("-")
