from io import BytesIO

import imagehash
import pytest
from PIL import Image

from catalog.photos.fingerprints import (
    HASH_BITS,
    MAX_BITS_OFF,
    TINT_SIDE,
    Fingerprint,
    fingerprint,
    has_same_tint,
    is_same_picture,
)
from catalog.tests.factories import drawing


def saved(image: Image.Image, format: str, **options: int) -> Image.Image:
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return Image.open(buffer).convert("RGB")


@pytest.mark.parametrize(
    "copy",
    [
        lambda image: saved(image, "JPEG", quality=30),
        lambda image: saved(image, "WEBP", quality=50),
        lambda image: image.resize((75, 100)),
        lambda image: image.resize((1200, 1600)),
        lambda image: saved(image.resize((160, 213)), "JPEG", quality=60),
    ],
    ids=["jpeg", "webp", "smaller", "larger", "both"],
)
def test_a_copy_is_the_same_picture(copy):
    image = drawing()
    assert is_same_picture(fingerprint(image), fingerprint(copy(image)))


@pytest.mark.parametrize(
    "other",
    [
        drawing("darkgreen"),  # the hash alone takes these for one
        drawing().transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(8),
        Image.new("RGB", (300, 400), "white"),
    ],
    ids=["other colour", "turned", "empty"],
)
def test_another_picture_is_not_the_same(other: Image.Image):
    assert not is_same_picture(fingerprint(drawing()), fingerprint(other))


@pytest.mark.parametrize("size", [(300, 400), (64, 64), (1000, 90)])
def test_the_hash_equals_imagehash(size: tuple[int, int]):
    image = drawing(size=size)
    expected = imagehash.phash(image, 16).hash.ravel().astype(int)
    assert fingerprint(image).hash == "".join(map(str, expected))


def test_the_limits_are_inclusive():
    tint = bytes(TINT_SIDE**2 * 3)
    for off, same in ((MAX_BITS_OFF, True), (MAX_BITS_OFF + 1, False)):
        hash = "1" * off + "0" * (HASH_BITS - off)
        zero = Fingerprint("0" * HASH_BITS, tint)
        assert is_same_picture(zero, Fingerprint(hash, tint)) is same
    assert has_same_tint(tint, b"\x10" + tint[1:])
    assert not has_same_tint(tint, b"\x11" + tint[1:])


def test_a_picture_of_one_pixel_has_a_fingerprint():
    found = fingerprint(Image.new("RGB", (1, 1), "red"))
    assert len(found.hash) == HASH_BITS
    assert found.tint == bytes((255, 0, 0)) * TINT_SIDE**2
