"""The photos of products in the order of their feed.

Photos that the feed brought and no longer names are removed, unless another photo of
the product cannot be read. Photos added by hand stay, behind the feed's. Photos of the
same pixels stay as they are and keep their embedding.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.files.storage import default_storage

from catalog.feeds.photos.reader import LinkedPhoto
from catalog.models import FeedPhoto, Product, ProductImage
from catalog.photos.check import restore_file
from catalog.photos.prepared import PreparedPhoto
from catalog.photos.store import new_photo

PhotosRead = dict[str, dict[str, LinkedPhoto]]  # by first SKU and link


@dataclass(frozen=True)
class PhotoLinks:
    links: list[str]
    photos: Mapping[str, LinkedPhoto]  # by link; without unreadable ones


@dataclass
class PhotoChanges:
    products: set[str] = field(default_factory=set)  # SKUs
    added: list[ProductImage] = field(default_factory=list)
    # Photos whose file was lost, read again.
    restored: dict[ProductImage, PreparedPhoto] = field(default_factory=dict)
    removed: list[ProductImage] = field(default_factory=list)
    moved: list[ProductImage] = field(default_factory=list)
    linked: list[FeedPhoto] = field(default_factory=list)
    relinked: list[FeedPhoto] = field(default_factory=list)
    unlinked: list[FeedPhoto] = field(default_factory=list)

    def store(self) -> None:
        """Write the changes; call it in a transaction."""
        ProductImage.objects.bulk_create(self.added)
        ProductImage.objects.bulk_update(self.moved, ["position"])
        for image, photo in self.restored.items():
            restore_file(image, photo.content)
        FeedPhoto.objects.bulk_create(self.linked)
        # Links leave a photo before it is deleted, or they would go with it.
        FeedPhoto.objects.bulk_update(self.relinked, ["image", "version"])
        FeedPhoto.objects.filter(pk__in=[each.pk for each in self.unlinked]).delete()
        removed = [image.pk for image in self.removed]
        ProductImage.objects.filter(pk__in=removed).delete()


def without_settled(
    products: Mapping[Product, PhotoLinks],
) -> dict[Product, PhotoLinks]:
    """Leave out products whose photos are those of their links, in the same order."""
    links = FeedPhoto.objects.filter(image__product__in=products)
    places: dict[int, dict[str, int]] = defaultdict(dict)
    for pk, link, position in links.values_list(
        "image__product", "link", "image__position"
    ):
        places[pk][link] = position
    return {
        product: linked
        for product, linked in products.items()
        if not _is_settled(linked, places[product.pk])
    }


def _is_settled(linked: PhotoLinks, places: Mapping[str, int]) -> bool:
    photos = [linked.photos.get(link) for link in linked.links]
    if places.keys() != {*linked.links} or not all(photos):
        return False
    # Several links may lead to one photo, which plan_photos looks at.
    in_order = [places[link] for link in linked.links] == list(range(len(photos)))
    return in_order and not any(each and each.photo for each in photos)


def plan_photos(products: Mapping[Product, PhotoLinks]) -> PhotoChanges:
    images = defaultdict(list)
    stored = ProductImage.objects.filter(product__in=products)
    for image in stored.order_by("position", "id").prefetch_related("links"):
        images[image.product_id].append(image)
    changes = PhotoChanges()
    for product, linked in products.items():
        _plan_product(product, linked, images[product.pk], changes)
    return changes


def _plan_product(
    product: Product,
    linked: PhotoLinks,
    images: list[ProductImage],
    changes: PhotoChanges,
) -> None:
    stored = {link.link: link for image in images for link in image.links.all()}
    order = _plan_links(product, linked, images, stored, changes)
    stale = [stored[link] for link in stored if link not in linked.links]
    if any(link not in linked.photos for link in linked.links):
        # Keep what the unreadable photo may be meant to replace.
        order += [each.image for each in stale if each.image not in order]
        stale = []
    from_feed = [image for image in images if image.links.all()]
    removed = [image for image in from_feed if image not in order]
    by_hand = [image for image in images if image not in order + removed]
    added = [image for image in order if image.pk is None]
    moved = _number(order + by_hand)
    changes.added += added
    changes.removed += removed
    changes.moved += moved
    changes.unlinked += stale
    if added or removed or moved:
        changes.products.add(product.sku)


def _plan_links(
    product: Product,
    linked: PhotoLinks,
    images: list[ProductImage],
    stored: Mapping[str, FeedPhoto],
    changes: PhotoChanges,
) -> list[ProductImage]:
    by_pixels = {image.sha256: image for image in images}
    order: list[ProductImage] = []
    for link in linked.links:
        known, read = stored.get(link), linked.photos.get(link)
        if photo := read and read.photo:
            if photo.sha256 not in by_pixels:
                by_pixels[photo.sha256] = new_photo(product=product, photo=photo)
            image = by_pixels[photo.sha256]
            # A known link is read again only when it changed or its file was lost.
            if image.pk and not default_storage.exists(str(image.file)):
                changes.restored[image] = photo
        elif known:
            image = known.image
        else:  # never read, or deleted by hand just now
            continue
        if image not in order:
            order.append(image)
        if read:
            _plan_link(link, image, read, known, changes)
    return order


def _plan_link(
    link: str,
    image: ProductImage,
    read: LinkedPhoto,
    known: FeedPhoto | None,
    changes: PhotoChanges,
) -> None:
    if known is None:
        changes.linked.append(FeedPhoto(image=image, link=link, version=read.version))
    elif known.image is not image or known.version != read.version:
        known.image, known.version = image, read.version
        changes.relinked.append(known)


def _number(images: list[ProductImage]) -> list[ProductImage]:
    moved = []
    for position, image in enumerate(images):
        if image.position != position:
            image.position = position
            moved += [image] if image.pk else []
    return moved
