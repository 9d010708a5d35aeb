from io import BytesIO

import pytest
from PIL import Image

from catalog.photos.prepared import prepare_photo
from catalog.tests.factories import make_photo_bytes
from ml import preprocess
from ml.preprocess import PhotoError


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def test_a_clean_jpeg_is_kept_byte_for_byte():
    data = make_photo_bytes()
    photo = prepare_photo(data)
    assert photo.content == data
    assert photo.name.endswith(f"{photo.sha256[:32]}.jpg")
    assert (photo.width, photo.height) == (90, 120)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_formats_that_browsers_show_are_kept(format):
    data = make_photo_bytes(format=format)
    assert prepare_photo(data).content == data


def test_the_place_of_a_photo_is_not_stored():
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"  # GPSLatitudeRef
    exif[0x010E] = "my home"
    data = make_photo_bytes(exif=exif)
    assert b"my home" in data
    stored = prepare_photo(data).content
    assert b"my home" not in stored
    assert not opened(stored).getexif()


def test_a_rotated_phone_photo_is_stored_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = prepare_photo(make_photo_bytes(size=(120, 90), exif=exif))
    assert (photo.width, photo.height) == (90, 120)
    assert opened(photo.content).size == (90, 120)


@pytest.mark.parametrize(
    ("mode", "format"), [("CMYK", "JPEG"), ("RGBA", "PNG"), ("P", "GIF"), ("L", "JPEG")]
)
def test_other_formats_are_stored_as_rgb_jpeg(mode, format):
    image = opened(make_photo_bytes()).convert(mode)
    buffer = BytesIO()
    image.save(buffer, format)
    stored = opened(prepare_photo(buffer.getvalue()).content)
    assert (stored.format, stored.mode) == ("JPEG", "RGB")


def test_the_hash_is_of_the_pixels_not_of_the_file():
    image = opened(make_photo_bytes(format="PNG"))
    again = BytesIO()
    image.save(again, "PNG", compress_level=0)
    one, two = prepare_photo(make_photo_bytes(format="PNG")), again.getvalue()
    assert one.content != two
    assert prepare_photo(two).sha256 == one.sha256
    assert prepare_photo(make_photo_bytes("red", format="PNG")).sha256 != one.sha256


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"not a photo", "unsupported"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported"),
        (make_photo_bytes()[:400], "unreadable"),
        (b"\xff\xd8\xff" + bytes(11 * 1024 * 1024), "too_large"),
    ],
)
def test_other_files_are_refused(data, code):
    with pytest.raises(PhotoError) as refused:
        prepare_photo(data)
    assert refused.value.code == code


def test_a_photo_saved_again_stays_within_the_limit_on_files(monkeypatch):
    noise = Image.effect_noise((300, 300), 90).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = BytesIO()
    noise.save(buffer, "JPEG", quality=70, exif=exif)
    data = buffer.getvalue()
    monkeypatch.setattr(preprocess, "MAX_BYTES", len(data))
    assert len(prepare_photo(data).content) <= len(data)
