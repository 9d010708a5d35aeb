"""The one way for photos to enter the shop: admin, feeds, class folders, tests."""

from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import Q, QuerySet

from catalog.models import Product, ProductImage
from catalog.photos.colours import garment_colours
from catalog.photos.fingerprints import fingerprint
from catalog.photos.prepared import PreparedFile, PreparedPhoto, prepare_photo
from ml.preprocess import PhotoError, read_photo

_CHUNK = 64  # photos per transaction
_EXAMINED_SIDE = 128  # pixels are enough for colours and fingerprints


def add_photo(*, product: Product, data: bytes) -> ProductImage:
    """Prepare and store a photo behind the product's others. Raises `PhotoError`."""
    position = product.images.count()
    image = new_photo(product=product, photo=prepare_photo(data), position=position)
    image.save()
    return image


def add_photos(*, product: Product, photos: Iterable[PreparedPhoto]) -> None:
    """Store prepared photos behind the product's others, but none that it has."""
    known = set(product.images.values_list("sha256", flat=True))
    position = len(known)
    for photo in photos:
        if photo.sha256 not in known:
            new_photo(product=product, photo=photo, position=position).save()
            known.add(photo.sha256)
            position += 1


def new_photo(
    *, product: Product, photo: PreparedPhoto, position: int = 0
) -> ProductImage:
    """Return an unsaved photo of a product.

    `save` and `bulk_create` write its file as well.
    """
    image = ProductImage(product=product, alt_text=product.title, position=position)
    set_photo(image=image, photo=photo)
    return image


def set_photo(*, image: ProductImage, photo: PreparedPhoto) -> None:
    """Fill a row, without saving it, with a photo and all that is derived from it."""
    image.file = PreparedFile(photo)
    image.sha256 = photo.sha256
    image.colours, image.colours_chosen = photo.colours, False
    if not image.attributes_chosen:  # by somebody who knows the product
        image.kind = image.pattern = ""
    image.picture_hash, image.picture_tint = photo.fingerprint
    image.drawn = False


def unexamined() -> QuerySet[ProductImage]:
    return ProductImage.objects.filter(Q(colours=[]) | Q(picture_hash=None))


def examine_photos(
    *, progress: Callable[[int], object] = lambda photos: None
) -> list[tuple[ProductImage, str]]:
    """Find out colours and fingerprints that are missing.

    Returns the photos that cannot be read, with the reason. Each chunk is stored
    separately, so it can be stopped and run again.
    """
    failed: list[tuple[ProductImage, str]] = []
    last = 0
    while True:
        with transaction.atomic():
            # Without the lock a photo replaced meanwhile would get the fingerprint of
            # the old one.
            rows = unexamined().filter(pk__gt=last).select_for_update(no_key=True)
            chunk = list(rows.order_by("pk")[:_CHUNK])
            failed += _examine(chunk)
        if not chunk:
            return failed
        last = chunk[-1].pk
        progress(len(chunk))


def _examine(images: list[ProductImage]) -> list[tuple[ProductImage, str]]:
    failed = []
    for image in images:
        try:
            with image.file.open("rb") as file:
                photo = read_photo(file.read(), max_side=_EXAMINED_SIDE)
        except (PhotoError, OSError) as error:
            failed.append((image, str(error)))
        else:
            image.colours = image.colours or garment_colours(photo)
            image.picture_hash, image.picture_tint = fingerprint(photo)
    ProductImage.objects.bulk_update(
        images, ["colours", "picture_hash", "picture_tint"]
    )
    return failed
