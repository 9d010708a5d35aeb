"""The photos of products become those that their feed links to, in its order.

Only what a feed brought is taken away again, and not while another photo of the product
cannot be read; photos added by hand stay, behind the feed's. Photos of the same pixels
stay as they are and keep their embedding.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.feeds.photos import LinkedPhoto
from catalog.models import FeedPhoto, Product, ProductImage
from catalog.photos.store import new_photo


@dataclass(frozen=True)
class Wanted:
    """A link without a photo could not be read: what it gave before stays."""

    links: list[str]
    photos: Mapping[str, LinkedPhoto]


@dataclass
class Changes:
    products: set[str] = field(default_factory=set)  # SKUs
    added: list[ProductImage] = field(default_factory=list)
    removed: list[ProductImage] = field(default_factory=list)
    moved: list[ProductImage] = field(default_factory=list)
    linked: list[FeedPhoto] = field(default_factory=list)
    relinked: list[FeedPhoto] = field(default_factory=list)
    unlinked: list[FeedPhoto] = field(default_factory=list)

    def store(self) -> None:
        """In a transaction. Links leave an image before it goes, or went with it."""
        ProductImage.objects.bulk_create(self.added)
        ProductImage.objects.bulk_update(self.moved, ["position"])
        FeedPhoto.objects.bulk_create(self.linked)
        FeedPhoto.objects.bulk_update(self.relinked, ["image", "version"])
        FeedPhoto.objects.filter(pk__in=[each.pk for each in self.unlinked]).delete()
        gone = [image.pk for image in self.removed]
        ProductImage.objects.filter(pk__in=gone).delete()  # and their files on commit


def place_photos(wanted: Mapping[Product, Wanted]) -> Changes:
    """What is to change; nothing is stored yet."""
    images = defaultdict(list)
    stored = ProductImage.objects.filter(product__in=wanted)
    for image in stored.order_by("position", "id").prefetch_related("links"):
        images[image.product_id].append(image)
    changes = Changes()
    for product, each in wanted.items():
        _place(product, each, images[product.pk], changes)
    return changes


def _place(
    product: Product, wanted: Wanted, images: list[ProductImage], changes: Changes
) -> None:
    links = {link.link: link for image in images for link in image.links.all()}
    by_pixels = {image.sha256: image for image in images}
    order: list[ProductImage] = []
    for link in wanted.links:
        known, found = links.pop(link, None), wanted.photos.get(link)
        photo = found.photo if found else None
        if photo and photo.sha256 not in by_pixels:
            by_pixels[photo.sha256] = new_photo(product=product, photo=photo)
        if photo:
            image = by_pixels[photo.sha256]
        elif known:
            image = known.image
        else:  # never read, or deleted by hand just now
            continue
        if image not in order:
            order.append(image)
        if found:
            _link(link, image, found, known, changes)
    stale = list(links.values())
    if not all(link in wanted.photos for link in wanted.links):
        order += [each.image for each in stale if each.image not in order]
        stale = []  # until all that is to be there instead can be read
    brought = [image for image in images if image.links.all()]
    gone = [image for image in brought if image not in order]
    rest = [image for image in images if image not in order and image not in gone]
    new = [image for image in order if image.pk is None]
    moved = _in_order(order + rest)
    changes.added += new
    changes.removed += gone
    changes.moved += moved
    changes.unlinked += stale
    if new or gone or moved:
        changes.products.add(product.sku)


def _link(
    link: str,
    image: ProductImage,
    found: LinkedPhoto,
    known: FeedPhoto | None,
    changes: Changes,
) -> None:
    if known is None:
        changes.linked.append(FeedPhoto(image=image, link=link, version=found.version))
    elif known.image is not image or known.version != found.version:
        known.image, known.version = image, found.version
        changes.relinked.append(known)


def _in_order(images: list[ProductImage]) -> list[ProductImage]:
    """Number them; those stored already whose place that changes."""
    moved = []
    for position, image in enumerate(images):
        if image.position != position:
            image.position = position
            moved += [image] if image.pk else []
    return moved
