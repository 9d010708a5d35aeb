"""Keep chosen photos until their product is saved, at most for a day."""

from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from catalog.models import ProductImage
from catalog.photos.copies import Copy, copies_of
from catalog.photos.prepared import PreparedPhoto, prepare_photo
from catalog.photos.storage import UPLOAD_FOLDER
from catalog.photos.store import set_photo
from catalog.photos.uploads.models import PhotoUpload
from ml.preprocess import WEB_WAIT_S


def keep_upload(
    *, user_id: int, title: str, data: bytes
) -> tuple[PhotoUpload, list[Copy]]:
    """Store a photo; return it with those of the shop that are the same.

    Raises PhotoError.
    """
    photo = prepare_photo(data, wait_s=WEB_WAIT_S)
    upload = PhotoUpload(user_id=user_id, title=title[-100:])
    name = f"{UPLOAD_FOLDER}/{upload.pk}.{photo.extension}"
    upload.file = default_storage.save(name, ContentFile(photo.content))
    upload.save()
    image = ProductImage()
    set_photo(image=image, photo=photo)
    return upload, copies_of([image])


def read_upload(upload: PhotoUpload) -> PreparedPhoto:
    """Raises PhotoError and OSError."""
    return prepare_photo(upload_bytes(upload), wait_s=WEB_WAIT_S)


def upload_bytes(upload: PhotoUpload) -> bytes:
    with default_storage.open(upload.file) as file:
        return file.read()


def forget_uploads(uploads: list[PhotoUpload]) -> None:
    PhotoUpload.objects.filter(pk__in=[upload.pk for upload in uploads]).delete()
    for upload in uploads:
        delete = partial(default_storage.delete, upload.file)
        transaction.on_commit(delete, robust=True)
