from threading import Thread

import pytest
from django.db import OperationalError, connection, transaction
from PIL import Image

from catalog.models import ProductImage
from catalog.photos import store
from catalog.photos.prepared import prepare_photo
from catalog.photos.store import (
    add_photo,
    examine_photos,
    set_photo,
    unexamined,
)
from catalog.tests.factories import make_photo_bytes, make_product
from ml.preprocess import read_photo


@pytest.mark.django_db
def test_photos_are_stored_in_order_under_new_names(media):
    product = make_product()
    for colour in ("red", "lime"):
        add_photo(product=product, data=make_photo_bytes(colour))
    first, second = product.images.all()
    assert (first.position, second.position) == (0, 1)
    assert (media / first.file.name).read_bytes() == make_photo_bytes("red")
    assert first.card.url.startswith("/media/")


@pytest.mark.django_db
def test_two_products_with_one_photo_have_a_file_each(
    django_capture_on_commit_callbacks,
):
    one, two = (make_product(photo=make_photo_bytes()).images.get() for _ in "12")
    assert one.file.name != two.file.name
    with django_capture_on_commit_callbacks(execute=True):
        one.delete()
    assert two.file.storage.exists(two.file.name)


@pytest.mark.django_db
def test_a_stored_photo_has_the_colours_of_the_garment():
    image = make_product(photo=make_photo_bytes("navy")).images.get()
    assert image.colours == ["navy"]
    set_photo(image=image, photo=prepare_photo(make_photo_bytes("red")))
    assert image.colours == ["red"]


@pytest.mark.django_db
def test_old_photos_are_examined_and_edits_stay():
    old = make_product(photo=make_photo_bytes("navy")).images.get()
    broken = make_product(photo=True).images.get()
    edited = make_product(photo=True).images.get()
    known = old.picture_hash, bytes(old.picture_tint)
    ProductImage.objects.update(picture_hash=None, picture_tint=None, colours=[])
    ProductImage.objects.filter(pk=edited.pk).update(colours=["orange"])
    broken.file.storage.delete(broken.file.name)
    assert [image for image, _ in examine_photos()] == [broken]
    old.refresh_from_db(), edited.refresh_from_db()
    assert (old.colours, edited.colours) == (["navy"], ["orange"])
    assert (old.picture_hash, bytes(old.picture_tint)) == known
    assert edited.picture_hash
    assert list(unexamined()) == [broken]


@pytest.mark.django_db(transaction=True)
def test_no_photo_is_replaced_while_it_is_examined(monkeypatch):
    """Or it would have the fingerprint of the one before."""
    image = make_product(photo=True).images.get()
    ProductImage.objects.update(picture_hash=None, picture_tint=None)
    refused = []

    def replace() -> None:
        try:
            with transaction.atomic():
                ProductImage.objects.select_for_update(nowait=True).get(pk=image.pk)
        except OperationalError as error:
            refused.append(error)
        finally:
            connection.close()

    def read_slowly(data: bytes, **options: int) -> Image.Image:
        other = Thread(target=replace)
        other.start(), other.join()
        return read_photo(data, **options)

    monkeypatch.setattr(store, "read_photo", read_slowly)
    assert examine_photos() == []
    assert len(refused) == 1


@pytest.mark.django_db
def test_replacing_a_photo_by_itself_leaves_one_file(
    media, django_capture_on_commit_callbacks
):
    image = make_product(photo=make_photo_bytes("navy")).images.get()
    with django_capture_on_commit_callbacks(execute=True):
        set_photo(image=image, photo=prepare_photo(make_photo_bytes("navy")))
        image.save()
    (file,) = media.rglob("*.jpg")
    assert file == media / image.file.name


@pytest.mark.django_db
def test_a_replaced_photo_has_a_new_fingerprint():
    image = make_product(photo=make_photo_bytes("navy")).images.get()
    before = image.picture_tint
    set_photo(image=image, photo=prepare_photo(make_photo_bytes("red")))
    assert image.picture_tint != before
