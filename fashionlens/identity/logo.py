from io import BytesIO

from django.core.exceptions import ValidationError
from PIL import Image, UnidentifiedImageError

MAX_KB = 500
MAX_MEGAPIXELS = 4
SIZE = (480, 96)  # pixels, for screens of twice the density
_FORMATS = ["PNG", "WEBP", "JPEG"]


def prepare_logo(data: bytes) -> bytes:
    """Return the picture as a PNG that fits into SIZE. Raises ValidationError."""
    if len(data) > MAX_KB * 1000:
        raise ValidationError(f"A logo may have at most {MAX_KB} kB.")
    try:
        opened = Image.open(BytesIO(data), formats=_FORMATS)
        if opened.width * opened.height > MAX_MEGAPIXELS * 1_000_000:
            raise ValidationError(
                f"A logo may have at most {MAX_MEGAPIXELS} megapixels."
            )
        image = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValidationError(
            "This file is not a picture that can be read. Choose a PNG, WebP or JPEG."
        ) from error
    image.thumbnail(SIZE)
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
