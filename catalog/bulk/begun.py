"""What somebody began in the admin and left there."""

from catalog.bulk.models import BulkChange
from catalog.photos.uploads.models import PhotoUpload
from catalog.photos.uploads.services import forget_uploads


def forget_begun() -> None:
    """Delete photos and bulk changes that were begun and left a day ago."""
    forget_uploads(list(PhotoUpload.objects.left()))
    BulkChange.objects.left().delete()
