import pytest
from django.db import transaction

from catalog.photos import store
from catalog.photos.store import add_photo
from catalog.photos.unused import remove_files_on_error
from catalog.tests.factories import make_photo_bytes, make_product

pytestmark = pytest.mark.django_db


class Stopped(Exception):
    pass


def test_files_of_rolled_back_rows_are_deleted(media):
    product = make_product(photo=True)
    kept = [path for path in media.rglob("*") if path.is_file()]
    with pytest.raises(Stopped), remove_files_on_error(), transaction.atomic():
        add_photo(product=product, data=make_photo_bytes("lime"))
        raise Stopped
    assert [path for path in media.rglob("*") if path.is_file()] == kept


def test_files_of_rows_that_stay_are_kept(media):
    product = make_product()
    with pytest.raises(Stopped), remove_files_on_error():
        add_photo(product=product, data=make_photo_bytes("lime"))
        raise Stopped
    assert product.images.get().file.read()


def test_a_photo_added_again_keeps_its_first_file(media):
    data = make_photo_bytes("lime")
    first = make_product(photo=data).images.get()
    with pytest.raises(Stopped), remove_files_on_error(), transaction.atomic():
        store.add_photo(product=make_product(), data=data)
        raise Stopped
    assert [p.name for p in media.rglob("*.jpg")] == [first.file.name.split("/")[-1]]
