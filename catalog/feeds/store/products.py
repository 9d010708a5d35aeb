"""The rows of a feed, stored as products and their variants."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils import timezone

from catalog.categories import category_of
from catalog.feeds.groups import RowGroup
from catalog.feeds.options import ImportOptions
from catalog.feeds.photos.order import (
    PhotoLinks,
    PhotosRead,
    plan_photos,
    without_settled,
)
from catalog.feeds.plain_text import tidy_lines
from catalog.feeds.store.addresses import free_skus, free_slugs
from catalog.feeds.store.colours import choose_colours, choose_product_colours
from catalog.feeds.store.matches import StoredProducts
from catalog.feeds.store.sizes import SizeBatch
from catalog.history.entries import CREATED, Author, record
from catalog.models import Category, FeedProduct, Product
from catalog.writes.rows import update_claims, update_products

_PUBLISHED, _ARCHIVED = Product.Status.PUBLISHED, Product.Status.ARCHIVED
PHOTOS = "photos"  # among the locked fields


@dataclass
class ProductChange:
    """What a run does to a product: values before and after, by field."""

    product: Product
    is_new: bool = False
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    # The same for the history, with ids instead of names.
    values: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)  # what the feed would change

    def set(
        self, row: models.Model, values: Mapping[str, Any], prefix: str = ""
    ) -> set[str]:
        """Write values to the product or its variant; return the names that changed."""
        different = {n for n, v in values.items() if getattr(row, n) != v}
        locked: list[str] = row.locked  # type: ignore[attr-defined]
        kept = {name for name in different if name.removesuffix("_id") in locked}
        self.locked |= {prefix + name for name in kept}
        for name in different - kept:
            # Their order is no news to people.
            if name != "position":
                both = (getattr(row, name), values[name])
                self.fields[prefix + name] = self.values[prefix + name] = both
            setattr(row, name, values[name])
        return different - kept


class ProductBatch:
    """The products that are stored in one transaction."""

    def __init__(
        self,
        options: ImportOptions,
        groups: list[RowGroup],
        photos: PhotosRead,
    ) -> None:
        self.options = options
        self.groups = groups
        self.photos = photos
        self.counts: Counter[str] = Counter()
        self.changed: set[str] = set()

    def store(self) -> list[ProductChange]:
        """Store all products; return those that changed."""
        self.stored = StoredProducts.load(self.groups, self.options, lock=True)
        found, new = self.stored.match(self.groups)
        self.categories = self._categories()
        self.changes = {pk: ProductChange(self.stored.products[pk]) for pk in found}
        for pk, group in found.items():
            if not self.stored.is_partial(pk, group):
                product = self.stored.products[pk]
                values = self._values(group)
                if not product.group and values.get("group") == product.sku:
                    del values["group"]  # as exports say that sizes are one product
                # Forms store other line breaks.
                if tidy_lines(product.description) == values.get("description"):
                    del values["description"]
                self.changed |= self.changes[pk].set(product, values)
                if self.changes[pk].fields.pop("category_id", None):
                    self.changes[pk].fields["category"] = ("", group.category)
        # A product deleted since its photos were read is created by the next import.
        found |= self._create([g for g in new if not g.missing(self.options.category)])
        sizes = SizeBatch(self.stored)
        sizes.store(found, self.changes)
        self._hide(found)
        self._claim(found)
        self._archive(sizes.emptied())
        self._store_photos(found)
        self._update()
        choose_product_colours(
            {
                change.product: change.fields["colour"][0]
                for change in self.changes.values()
                if "colour" in change.fields
            }
        )
        self._remember(found)
        self._record()
        self._count(found)
        return [each for each in self.changes.values() if each.is_new or each.fields]

    def _categories(self) -> dict[str, Category]:
        names = {group.category for group in self.groups} | {self.options.category}
        return {name: category_of(name) for name in sorted(names - {""})}

    def _values(self, group: RowGroup) -> dict[str, Any]:
        values = group.product_values()
        if group.category:
            values["category_id"] = self.categories[group.category].pk
        return values

    def _create(self, groups: list[RowGroup]) -> dict[int, RowGroup]:
        default = self.categories.get(self.options.category)
        skus = free_skus(groups)
        slugs = free_slugs(groups)
        products = Product.objects.bulk_create(
            Product(
                sku=sku,
                slug=slug,
                status=_ARCHIVED if group.is_hidden else _PUBLISHED,
                **({"category": default} if default else {}) | self._values(group),
            )
            for group, sku, slug in zip(groups, skus, slugs, strict=True)
        )
        FeedProduct.objects.bulk_create(
            FeedProduct(
                product=product,
                feed=self.options.feed_name,
                archived=product.status != _PUBLISHED,
            )
            for product in products
        )
        for product in products:
            self.changes[product.pk] = ProductChange(product, is_new=True)
        return {p.pk: group for p, group in zip(products, groups, strict=True)}

    def _set_status(self, product: Product, status: str) -> None:
        change = self.changes.setdefault(product.pk, ProductChange(product))
        self.changed |= change.set(product, {"status": status})

    def _hide(self, found: dict[int, RowGroup]) -> None:
        """Archive products that the source no longer shows.

        What a person published since then, and products made by hand, stay.
        """
        hidden = [pk for pk, group in found.items() if group.is_hidden]
        claims = FeedProduct.objects.filter(product__in=hidden, archived=False)
        ids = list(claims.values_list("pk", flat=True)) if hidden else []
        if ids:
            claims.update(archived=True)
        for pk in ids:
            if self.changes[pk].product.status == _PUBLISHED:
                self._set_status(self.changes[pk].product, _ARCHIVED)

    def _claim(self, found: dict[int, RowGroup]) -> None:
        """Make the products this feed's own; publish those that it had archived."""
        shown = {pk: group for pk, group in found.items() if not group.is_hidden}
        claims = FeedProduct.objects.filter(product__in=shown)
        feed = self.options.feed_name
        outdated = []
        for claim in claims.exclude(feed=feed, archived=False):
            product = self.changes[claim.pk].product
            if claim.archived and shown[claim.pk].leaves_visibility:
                continue
            if claim.archived and product.status == _ARCHIVED:
                self._set_status(product, _PUBLISHED)
                self.counts["returned"] += 1
            outdated.append(claim.pk)
        if outdated:
            FeedProduct.objects.filter(pk__in=outdated).update(
                feed=feed, archived=False
            )

    def _archive(self, emptied: list[Product]) -> None:
        """Archive products all of whose sizes are now those of others."""
        for product in emptied:
            if product.status == _PUBLISHED:
                self._set_status(product, _ARCHIVED)
        if emptied:
            claims = FeedProduct.objects.filter(product__in=emptied)
            claims.update(archived=True, digest="")

    def _store_photos(self, found: dict[int, RowGroup]) -> None:
        linked: dict[Product, PhotoLinks] = {}
        for pk, group in found.items():
            product = self.changes[pk].product
            partial = self.stored.is_partial(pk, group)
            if group.links and not partial and PHOTOS not in product.locked:
                linked[product] = PhotoLinks(group.links, self._photos(group))
        linked = without_settled(linked)
        changes = plan_photos(linked)
        for image in changes.added:
            choose_colours(image)
        if not self.options.dry_run:  # a rollback would not delete the files
            changes.store()
        for product in linked:
            if product.sku in changes.products:
                self.changes[product.pk].fields[PHOTOS] = ("", "")
                self.changes[product.pk].values[PHOTOS] = (None, None)
        self.counts["photos_added"] += len(changes.added)
        self.counts["photos_removed"] += len(changes.removed)

    def _photos(self, group: RowGroup) -> Any:
        read = (self.photos.get(row.sku, {}) for row in group.rows)
        return {link: photo for photos in read for link, photo in photos.items()}

    def _update(self) -> None:
        products = []
        for change in self.changes.values():
            if change.fields and not change.is_new:
                change.product.updated = timezone.now()
                products.append(change.product)
        update_products(products, self.changed)

    def _record(self) -> None:
        author = Author(name=f"Feed {self.options.feed_name}")
        new = {pk: each for pk, each in self.changes.items() if each.is_new}
        made = {pk: {"sku": (None, each.product.sku)} for pk, each in new.items()}
        record(made, author, action=CREATED)
        known = self.changes.keys() - new.keys()
        record({pk: self.changes[pk].values for pk in sorted(known)}, author)

    def _remember(self, found: dict[int, RowGroup]) -> None:
        """Note what the rows were, so that the same rows need not be read again."""
        outdated = []
        for claim in FeedProduct.objects.filter(pk__in=found):
            group = found[claim.pk]
            partial = self.stored.is_partial(claim.pk, group)
            digest = "" if partial else group.digest
            if claim.digest != digest:
                claim.digest = digest
                outdated.append(claim)
        update_claims(outdated, {"digest"})

    def _count(self, found: dict[int, RowGroup]) -> None:
        new = sum(change.is_new for change in self.changes.values())
        changed = [each for each in self.changes.values() if each.fields]
        updated = sum(not change.is_new for change in changed)
        known = sum(not self.changes[pk].is_new for pk in found)
        emptied = len(self.changes.keys() - found.keys())
        self.counts.update(
            created=new,
            updated=updated - emptied,
            unchanged=known - updated + emptied,
            emptied=emptied,
        )
