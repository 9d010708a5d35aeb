from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from catalog.models import ProductImage
from catalog.photos.copies import (
    connected,
    copies_of,
    groups_of_pictures,
    groups_of_pixels,
    near_pairs,
    packed,
)
from catalog.photos.fingerprints import MAX_BITS_OFF
from catalog.photos.store import add_photo
from catalog.tests.factories import drawing, make_photo_bytes, make_product


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def smaller(photo: bytes, quality: int = 60) -> bytes:
    return jpeg(Image.open(BytesIO(photo)).resize((150, 200)), quality)


RED, GREEN = (jpeg(drawing(colour)) for colour in ("red", "green"))


def photo_of(data: bytes) -> ProductImage:
    return make_product(photo=data).images.get()


@pytest.mark.django_db
def test_copies_are_of_equal_pixels_or_of_the_picture():
    one, twin, small = photo_of(RED), photo_of(RED), photo_of(smaller(RED))
    photo_of(GREEN)
    found = copies_of([one])
    assert [(copy.other, copy.kind) for copy in found] == [
        (twin, "pixels"),
        (small, "picture"),
    ]
    assert {copy.image for copy in found} == {one}


@pytest.mark.django_db
def test_copies_within_one_product_are_listed_both_ways():
    product = make_product(photo=RED)
    small = add_photo(product=product, data=smaller(RED))
    first = product.images.first()
    pairs = [(c.image, c.other, c.kind) for c in copies_of(product.images.all())]
    assert sorted(pairs, key=lambda pair: pair[0].pk) == [
        (first, small, "picture"),
        (small, first, "picture"),
    ]


@pytest.mark.django_db
def test_many_photos_of_one_product_do_not_hide_a_copy():
    product = make_product()
    for n in range(12):
        add_photo(product=product, data=make_photo_bytes((20 * n, 99, 7)))
    images = list(product.images.all())
    with images[0].file.open() as file:
        twin = photo_of(file.read())
    assert [(c.image, c.other) for c in copies_of(images)] == [(images[0], twin)]


@pytest.mark.django_db
def test_the_same_cut_in_many_colours_does_not_hide_a_copy():
    for level in range(0, 255, 18):
        photo_of(jpeg(drawing((255 - level, level, level // 3))))
    one, twin = photo_of(RED), photo_of(RED)
    assert twin in [copy.other for copy in copies_of([one])]


@pytest.mark.django_db
def test_copies_take_one_query_however_many_photos(django_assert_num_queries):
    product = make_product(photo=RED)
    add_photo(product=product, data=GREEN)
    other = photo_of(smaller(GREEN))
    images = list(product.images.all())
    with django_assert_num_queries(1):
        found = copies_of(images)
        assert [copy.other.product.title for copy in found] == [other.product.title]
    with django_assert_num_queries(0):
        assert copies_of([]) == []


@pytest.mark.django_db
def test_a_photo_not_examined_yet_is_found_by_its_pixels_alone():
    one, twin, small = photo_of(RED), photo_of(RED), photo_of(smaller(RED))
    old = ProductImage.objects.filter(pk__in=[twin.pk, small.pk])
    old.update(picture_hash=None, picture_tint=None)
    assert [(c.other, c.kind) for c in copies_of([one])] == [(twin, "pixels")]
    small.refresh_from_db()
    assert copies_of([small]) == []
    assert groups_of_pictures() == []


@pytest.mark.django_db
def test_groups_of_the_whole_shop():
    red, twin, small = photo_of(RED), photo_of(RED), photo_of(smaller(RED))
    smallest = photo_of(smaller(RED, quality=30))
    photo_of(GREEN)
    assert groups_of_pixels() == [[red.pk, twin.pk]]
    assert groups_of_pictures() == [[red.pk, small.pk, smallest.pk]]


@pytest.mark.django_db
def test_an_empty_shop_has_no_groups(django_assert_num_queries):
    with django_assert_num_queries(2):
        assert (groups_of_pixels(), groups_of_pictures()) == ([], [])


def test_near_pairs_equal_a_naive_comparison():
    rng = np.random.default_rng(1)
    bits = rng.random((200, 256)) < 0.5
    bits[100:] = bits[:100] ^ (rng.random((100, 256)) < 0.08)  # about 20 bits
    words = packed(["".join("01"[bit] for bit in row) for row in bits.astype(int)])
    off = (bits[:, None] ^ bits[None]).sum(axis=2)
    near = np.argwhere(np.triu(off <= MAX_BITS_OFF, 1))
    assert 20 < len(near) < 90
    assert sorted(near_pairs(words)) == [tuple(pair) for pair in near.tolist()]


def test_pairs_connect_to_groups():
    assert connected([(5, 2), (7, 8), (2, 9), (3, 8), (9, 5)]) == [[2, 5, 9], [3, 7, 8]]
    assert connected([]) == []
