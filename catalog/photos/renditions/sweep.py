"""Draw the renditions of new photos, so that no shopper waits for them."""

import time

from django.core.files.storage import default_storage

from catalog.models import ProductImage
from catalog.photos.thumbnails import draw_all, file_names

TURN_S = 5.0  # other upkeep has its turn in between
_CHUNK = 16


def draw_due(*, seconds: float = TURN_S) -> int:
    """Draw for so long, the newest photos first; return how many are done.

    No row is locked meanwhile: embedding a photo does not wait for its pictures.
    """
    end = time.monotonic() + seconds
    count = 0
    while due := list(
        ProductImage.objects.filter(drawn=False).order_by("-pk")[:_CHUNK]
    ):
        for image in due:
            _draw(image)
            count += 1
            if time.monotonic() > end:
                return count
    return count


def _draw(image: ProductImage) -> None:
    draw_all(str(image.file), (image.width, image.height))
    # One that cannot be read is drawn when it is requested, if ever.
    same = ProductImage.objects.filter(pk=image.pk, file=str(image.file))
    if not same.update(drawn=True):  # deleted or replaced meanwhile
        for name in file_names(str(image.file)):
            default_storage.delete(name)
