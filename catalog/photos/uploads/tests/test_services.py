"""Photos that wait for their product."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from catalog.photos.uploads.models import PhotoUpload
from catalog.photos.uploads.services import keep_upload, read_upload
from catalog.tasks import forget_drafts
from catalog.tests.factories import make_photo_bytes, make_product
from ml.preprocess import PhotoError

pytestmark = pytest.mark.django_db


def keep(photo: bytes) -> tuple:
    user = User.objects.get_or_create(username="anna")[0]
    return keep_upload(user_id=user.pk, title="coat.jpg", data=photo)


def test_a_kept_photo_is_read_again_and_is_not_public(client):
    upload, copies = keep(make_photo_bytes("red"))
    assert (read_upload(upload).colours, copies) == (["red"], [])
    assert client.get(f"/media/{upload.file}").status_code == 404


def test_a_photo_that_the_shop_has_is_named():
    product = make_product(photo=make_photo_bytes("red"))
    (copy,) = keep(make_photo_bytes("red"))[1]
    assert (copy.other.product, copy.kind) == (product, "pixels")


def test_a_broken_photo_is_not_kept(media):
    with pytest.raises(PhotoError):
        keep(b"no photo")
    assert not PhotoUpload.objects.exists()
    assert not media.exists()


def test_a_photo_that_nobody_used_is_deleted_after_a_day(
    media, django_capture_on_commit_callbacks
):
    old, new = keep(make_photo_bytes("red"))[0], keep(make_photo_bytes("blue"))[0]
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    PhotoUpload.objects.filter(pk=old.pk).update(created=yesterday)
    with django_capture_on_commit_callbacks(execute=True):
        forget_drafts()
    assert [*PhotoUpload.objects.all()] == [new]
    assert [path.name for path in media.rglob("*.jpg")] == [f"{new.pk}.jpg"]
