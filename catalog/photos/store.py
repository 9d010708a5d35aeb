"""From an uploaded file to what the shop keeps: the one door for product photos."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q, QuerySet
from PIL import Image

from catalog.models import Product, ProductImage
from catalog.photos.colours import garment_colours
from catalog.photos.fingerprints import Fingerprint, fingerprint
from ml.preprocess import PhotoError, photo_format, read_photo

# Formats every browser shows, kept byte for byte when they carry no metadata.
_KEPT = {"JPEG": "jpg", "PNG": "png", "WebP": "webp"}
EXTENSIONS = tuple(_KEPT.values())
# What Pillow reports of a file that must not reach a browser as it is.
_UNCLEAN = {
    *("exif", "icc_profile", "xmp", "XML:com.adobe.xmp", "photoshop", "comment"),
    *("transparency", "mp"),
}


@dataclass(frozen=True)
class PreparedPhoto:
    content: bytes
    extension: str
    sha256: str
    width: int
    height: int
    colours: list[str]  # one to three, the main one first
    fingerprint: Fingerprint

    @property
    def name(self) -> str:
        """The name in storage; nothing of the uploader's file name is in it."""
        return f"products/{self.sha256[:2]}/{self.sha256[:32]}.{self.extension}"

    def as_file(self) -> ContentFile:
        return ContentFile(self.content, name=self.name)


def prepare_photo(data: bytes) -> PreparedPhoto:
    """Check, decode and clean a photo: (bytes) -> what is stored.

    Stored photos are upright, opaque, shown by every browser and carry no metadata
    (a phone writes where the photo was taken). Raises `ml.preprocess.PhotoError`.
    """
    kind = photo_format(data)
    image = read_photo(data)
    if kind in _KEPT and _is_clean(data):
        content, extension = data, _KEPT[kind]
    else:
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=92, subsampling=0)
        content, extension = buffer.getvalue(), "jpg"
    return PreparedPhoto(
        content,
        extension,
        pixel_sha256(image),
        *image.size,
        garment_colours(image),
        fingerprint(image),
    )


def pixel_sha256(image: Image.Image) -> str:
    """sha256 of the size and the RGB bytes: the same picture in another container
    without loss has the same one."""
    head = f"{image.width}x{image.height}:".encode()
    return hashlib.sha256(head + image.tobytes()).hexdigest()


def _is_clean(data: bytes) -> bool:
    with Image.open(BytesIO(data)) as image:
        still = getattr(image, "n_frames", 1) == 1
        return still and image.mode == "RGB" and not _UNCLEAN & image.info.keys()


def add_photo(*, product: Product, data: bytes, alt_text: str = "") -> ProductImage:
    """Store a photo behind the product's others. Raises `PhotoError`."""
    image = ProductImage(product=product, alt_text=alt_text)
    image.position = product.images.count()
    set_photo(image=image, data=data)
    image.save()
    return image


def new_image(product: Product, photo: PreparedPhoto, position: int) -> ProductImage:
    """Unsaved. Saving it, alone or in bulk, writes the file."""
    return ProductImage(
        product=product,
        file=photo.as_file(),
        alt_text=product.title,
        position=position,
        sha256=photo.sha256,
        colours=photo.colours,
        picture_hash=photo.fingerprint.hash,
        picture_tint=photo.fingerprint.tint,
    )


def set_photo(*, image: ProductImage, data: bytes) -> None:
    """Give `image` new pixels, unsaved. Raises `PhotoError`."""
    prepared = prepare_photo(data)
    image.file = prepared.as_file()
    image.sha256 = prepared.sha256
    image.colours = prepared.colours
    set_fingerprint(image, prepared.fingerprint)


def set_fingerprint(image: ProductImage, found: Fingerprint) -> None:
    image.picture_hash, image.picture_tint = found


_CHUNK = 64  # photos a transaction
_SIDE = 128  # neither colours nor fingerprints need more pixels


def unexamined() -> QuerySet[ProductImage]:
    """Photos of which something is not known yet that new ones come with."""
    return ProductImage.objects.filter(Q(colours=[]) | Q(picture_hash=None))


def examine_photos(
    *, progress: Callable[[int], object] = lambda photos: None
) -> list[tuple[ProductImage, str]]:
    """Find out what is not known of the photos; those that cannot be read, with the
    reason. Each chunk is stored by itself, so it may be stopped and run again."""
    failed: list[tuple[ProductImage, str]] = []
    last = 0
    while True:
        with transaction.atomic():
            # Held, or one replaced meanwhile would have the fingerprint of the other.
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
                photo = read_photo(file.read(), max_side=_SIDE)
        except (PhotoError, OSError) as error:
            failed.append((image, str(error)))
        else:
            image.colours = image.colours or garment_colours(photo)
            set_fingerprint(image, fingerprint(photo))
    ProductImage.objects.bulk_update(
        images, ["colours", "picture_hash", "picture_tint"]
    )
    return failed
