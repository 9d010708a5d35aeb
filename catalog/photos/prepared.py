"""Photos as the shop stores them: checked, decoded and without metadata."""

import hashlib
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image

from catalog.photos.colours import garment_colours
from catalog.photos.fingerprints import Fingerprint, fingerprint
from ml.preprocess import photo_format, read_photo

# Formats that every browser shows, stored unchanged when they carry no metadata.
_KEPT_FORMATS = {"JPEG": "jpg", "PNG": "png", "WebP": "webp"}
EXTENSIONS = tuple(_KEPT_FORMATS.values())
# Keys of Pillow's `info` of files that must be written anew.
_UNWANTED_INFO = {
    *("exif", "icc_profile", "xmp", "XML:com.adobe.xmp", "photoshop", "comment"),
    *("transparency", "mp"),
}


@dataclass(frozen=True)
class PreparedPhoto:
    content: bytes
    extension: str
    sha256: str  # of the pixels
    width: int
    height: int
    colours: list[str]  # one to three, the main one first
    fingerprint: Fingerprint

    @property
    def name(self) -> str:
        """Return the name in storage, which reveals nothing of the uploaded name."""
        return f"products/{self.sha256[:2]}/{self.sha256[:32]}.{self.extension}"


class PreparedFile(ContentFile):
    """A prepared photo as a file, as a form and a row hold it."""

    def __init__(self, photo: PreparedPhoto) -> None:
        super().__init__(photo.content, name=photo.name)
        self.photo = photo


def prepare_photo(data: bytes) -> PreparedPhoto:
    """Check, decode and clean the bytes of a photo.

    The result is upright, opaque, shown by every browser and has no metadata: phones
    write where a photo was taken. Raises `ml.preprocess.PhotoError`.
    """
    format = photo_format(data)
    image = read_photo(data)
    if format in _KEPT_FORMATS and _is_clean(data):
        content, extension = data, _KEPT_FORMATS[format]
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
    """Hash size and RGB bytes, so that lossless copies in other formats are equal."""
    head = f"{image.width}x{image.height}:".encode()
    return hashlib.sha256(head + image.tobytes()).hexdigest()


def _is_clean(data: bytes) -> bool:
    with Image.open(BytesIO(data)) as image:
        is_still = getattr(image, "n_frames", 1) == 1
        return (
            is_still and image.mode == "RGB" and not _UNWANTED_INFO & image.info.keys()
        )
