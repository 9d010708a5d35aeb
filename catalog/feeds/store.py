"""The rows of a feed, stored as products."""

import hashlib
from typing import Any

from django.utils import timezone

from catalog.categories import category_of
from catalog.feeds.fields import UPDATED_FIELDS, max_chars
from catalog.feeds.options import ImportOptions
from catalog.feeds.photos.order import PhotoChanges, PhotoLinks, plan_photos
from catalog.feeds.photos.reader import LinkedPhoto
from catalog.feeds.rows import ProductRow
from catalog.models import Category, FeedProduct, Product
from catalog.slugs import slug_of
from catalog.variants.stock import add_missing_variants, take_stock

_PUBLISHED = Product.Status.PUBLISHED


class RowBatch:
    """The rows that are stored in one transaction."""

    def __init__(
        self,
        options: ImportOptions,
        rows: list[ProductRow],
        photos: dict[str, dict[str, LinkedPhoto]],  # by SKU and link
        known: set[str],  # SKUs that were stored before the photos were read
    ) -> None:
        self.options = options
        self.rows = rows
        self.photos = photos
        self.known = known

    def store(self) -> dict[str, int]:
        skus = [row.sku for row in self.rows]
        locked = Product.objects.with_skus(skus).select_for_update(no_key=True)
        stored = {product.sku: product for product in locked.order_by("pk")}
        categories = self._categories()
        # A product deleted meanwhile lacks its photos; the next import creates it.
        new = [r for r in self.rows if r.sku not in stored.keys() | self.known]
        created = self._create(new, categories)
        changed = {
            product.sku
            for row in self.rows
            if (product := stored.get(row.sku)) and _change(product, row, categories)
        }
        moved = self._hide(stored)
        returned = self._claim(stored)
        photos = self._store_photos(stored | created)
        changed |= {product.sku for product in moved + returned}
        changed |= photos.products & stored.keys()
        _update([stored[sku] for sku in sorted(changed)])
        return {
            "created": len(created),
            "updated": len(changed),
            "unchanged": len(stored) - len(changed),
            "returned": len(returned),
            "photos_added": len(photos.added),
            "photos_removed": len(photos.removed),
        }

    def _categories(self) -> dict[str, Category]:
        names = {row.category for row in self.rows} | {self.options.category}
        return {name: category_of(name) for name in sorted(names - {""})}

    def _create(
        self, rows: list[ProductRow], categories: dict[str, Category]
    ) -> dict[str, Product]:
        default = {"category": categories.get(self.options.category)}
        slugs = _free_slugs(rows)
        products = Product.objects.bulk_create(
            Product(
                sku=row.sku,
                slug=slugs[row.sku],
                status=Product.Status.ARCHIVED if row.is_hidden else _PUBLISHED,
                **default | _product_values(row, Product(), categories),
            )
            for row in rows
        )
        add_missing_variants(product.pk for product in products)
        FeedProduct.objects.bulk_create(
            FeedProduct(
                product=product,
                feed=self.options.feed_name,
                archived=product.status != _PUBLISHED,
            )
            for product in products
        )
        return {product.sku: product for product in products}

    def _hide(self, stored: dict[str, Product]) -> list[Product]:
        """Archive products that the source no longer shows, and return them.

        What a person published since then, and products made by hand, stay.
        """
        hidden = {
            product.pk: product
            for row in self.rows
            if row.is_hidden and (product := stored.get(row.sku))
        }
        claims = FeedProduct.objects.filter(product__in=hidden, archived=False)
        products = [hidden[pk] for pk in claims.values_list("pk", flat=True)]
        claims.update(archived=True)
        moved = [each for each in products if each.status == _PUBLISHED]
        for product in moved:
            product.status = Product.Status.ARCHIVED
        return moved

    def _claim(self, stored: dict[str, Product]) -> list[Product]:
        """Make the products this feed's own; return those that it had archived."""
        rows = [row for row in self.rows if row.sku in stored and not row.is_hidden]
        products = {stored[row.sku].pk: stored[row.sku] for row in rows}
        left = [stored[row.sku] for row in rows if row.leaves_visibility]
        claims = FeedProduct.objects.filter(product__in=products).exclude(
            product__in=left, archived=True
        )
        returned = []
        for claim in claims.filter(archived=True):
            product = products[claim.product_id]
            if product.status == Product.Status.ARCHIVED:
                product.status = Product.Status.PUBLISHED
                returned.append(product)
        claims.exclude(feed=self.options.feed_name, archived=False).update(
            feed=self.options.feed_name, archived=False
        )
        return returned

    def _store_photos(self, products: dict[str, Product]) -> PhotoChanges:
        changes = plan_photos(
            {
                products[row.sku]: PhotoLinks(row.links, self.photos[row.sku])
                for row in self.rows
                if row.links and row.sku in products
            }
        )
        if not self.options.dry_run:  # a rollback would not delete the files
            changes.store()
        return changes


def _product_values(
    row: ProductRow, present: Product, categories: dict[str, Category]
) -> dict[str, Any]:
    values = row.product_values(present)
    if row.category:
        values["category"] = categories[row.category]
    return values


def _change(product: Product, row: ProductRow, categories: dict[str, Category]) -> bool:
    values = _product_values(row, product, categories)
    if category := values.pop("category", None):
        values["category_id"] = category.pk  # comparing it costs no query
    changed = {n: v for n, v in values.items() if getattr(product, n) != v}
    for name, value in changed.items():
        setattr(product, name, value)
    return bool(changed)


def _update(products: list[Product]) -> None:
    now = timezone.now()
    for product in products:
        product.updated = now
    Product.objects.bulk_update(products, [*UPDATED_FIELDS, "status", "updated"])
    take_stock([product.pk for product in products])


def _free_slugs(rows: list[ProductRow]) -> dict[str, str]:
    """Return SKU -> slug, made of title and SKU as in the admin."""
    wanted = {
        row.sku: _slug(row.values["title"], row.sku) or _digest(row.sku) for row in rows
    }
    taken = set(
        Product.objects.filter(slug__in=wanted.values()).values_list("slug", flat=True)
    )
    for sku, slug in wanted.items():
        if slug in taken:
            wanted[sku] = slug = _slug(slug, _digest(sku))
        taken.add(slug)
    return wanted


def _digest(sku: str) -> str:
    return hashlib.sha256(sku.encode()).hexdigest()[:8]


def _slug(title: str, end: str) -> str:
    end = slug_of(end)
    start = slug_of(title)[: max(max_chars(Product, "slug") - len(end) - 1, 0)]
    return f"{start}-{end}".strip("-")
