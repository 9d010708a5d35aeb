import errno
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

import pytest
from django.core.files.storage import FileSystemStorage
from PIL import Image

from catalog.photos import thumbnails
from catalog.tests.factories import make_photo_bytes, make_product

pytestmark = pytest.mark.django_db


def test_two_threads_drawing_one_thumbnail_leave_one_file(media, monkeypatch):
    photo = make_product(photo=make_photo_bytes(size=(900, 1200))).images.get()
    drawn_by_both, encode = Barrier(2), thumbnails._webp

    def encode_together(image, size):
        content = encode(image, size)
        drawn_by_both.wait(timeout=30)
        return content

    monkeypatch.setattr(thumbnails, "_webp", encode_together)
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(thumbnails.draw, [photo.card.name] * 2))
    assert results[0] and results[0] == results[1]
    folder = (media / photo.card.name).parent
    assert [file.name for file in folder.iterdir()] == ["480.webp"]


def test_a_photo_smaller_than_the_thumbnail_is_not_enlarged():
    photo = make_product(photo=make_photo_bytes(size=(90, 120))).images.get()
    assert thumbnails.draw(photo.large.name)
    with photo.file.storage.open(photo.large.name) as file:
        assert Image.open(file).size == (90, 120)


@pytest.mark.parametrize("size", [(1, 4000), (4000, 1), (2, 8000), (9000, 3)])
def test_a_very_thin_photo_has_thumbnails(size):
    photo = make_product(photo=make_photo_bytes(size=size, format="PNG")).images.get()
    for thumbnail in (photo.small, photo.card, photo.large):
        content = thumbnails.draw(thumbnail.name)
        assert min(Image.open(BytesIO(content)).size) == 1


def test_a_thumbnail_is_shown_though_the_disk_is_full(client, media, monkeypatch):
    photo = make_product(photo=make_photo_bytes()).images.get()

    def fail(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", fail)
    response = client.get(photo.card.url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert not (media / "thumbnails").exists()
