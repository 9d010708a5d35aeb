"""Photos as the shop stores them: checked, decoded and without metadata."""

import hashlib
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image

from catalog.photos.colours import garment_colours
from catalog.photos.fingerprints import Fingerprint, fingerprint
from ml import preprocess
from ml.preprocess import WAIT_S, open_photo

FOLDER = "products"
# Formats that every browser shows, stored as they are, without their metadata.
_KEPT_FORMATS = {"JPEG": "jpg", "PNG": "png", "WebP": "webp"}
EXTENSIONS = tuple(_KEPT_FORMATS.values())
# Of a new JPEG: quality and subsampling (0 is 4:4:4, 2 is 4:2:0). Only photos of many
# megapixels need another than the first.
_QUALITIES = ((92, 0), (88, 2), (80, 2), (65, 2), (40, 2), (15, 2))
_HASHED_PIXELS = 1 << 18  # at a time, to save memory


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
        return f"{FOLDER}/{self.sha256[:2]}/{self.sha256[:32]}.{self.extension}"


class PreparedFile(ContentFile):
    """A prepared photo as a file, as a form and a row hold it."""

    def __init__(self, photo: PreparedPhoto) -> None:
        super().__init__(photo.content, name=photo.name)
        self.photo = photo


def prepare_photo(data: bytes, *, wait_s: float = WAIT_S) -> PreparedPhoto:
    """Check, decode and clean the bytes of a photo.

    The result is upright, opaque, in sRGB, shown by every browser and has no metadata:
    phones write where a photo was taken. Raises PhotoError and DecoderBusy.
    """
    with open_photo(data, wait_s=wait_s) as photo:
        image = photo.image
        if photo.clean and photo.format in _KEPT_FORMATS:
            content, extension = photo.clean, _KEPT_FORMATS[photo.format]
        else:
            content, extension = _jpeg(image), "jpg"
        return PreparedPhoto(
            content,
            extension,
            pixel_sha256(image),
            *image.size,
            garment_colours(image),
            fingerprint(image),
        )


def _jpeg(image: Image.Image) -> bytes:
    """Encode at the best quality that stays within the limit on files."""
    for quality, subsampling in _QUALITIES:
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
        if buffer.tell() <= preprocess.MAX_BYTES:
            break
    return buffer.getvalue()


def pixel_sha256(image: Image.Image) -> str:
    """Hash size and RGB bytes, so that lossless copies in other formats are equal."""
    digest = hashlib.sha256(f"{image.width}x{image.height}:".encode())
    rows = max(1, _HASHED_PIXELS // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        digest.update(strip.tobytes())
    return digest.hexdigest()
