from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

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
    assert results == [True, True]
    folder = (media / photo.card.name).parent
    assert [file.name for file in folder.iterdir()] == ["480.webp"]


def test_a_photo_smaller_than_the_thumbnail_is_not_enlarged():
    photo = make_product(photo=make_photo_bytes(size=(90, 120))).images.get()
    assert thumbnails.draw(photo.large.name)
    with photo.file.storage.open(photo.large.name) as file:
        assert thumbnails.Image.open(file).size == (90, 120)
