from __future__ import annotations

import io

import pytest
from PIL import Image, ImageFile

from ml.photo import cut_jpeg
from ml.photo.jpeg import read_jpeg
from ml.photo.limits import MAX_SCANS
from ml.photo.tests.hostile import many_scans
from ml.preprocess import PhotoError, open_photo, read_photo
from ml.tests.files import as_bytes, draw_garment

NOISE = Image.effect_noise((200, 300), 60).convert("RGB")


def refusal(data: bytes) -> str:
    with pytest.raises(PhotoError) as caught:
        read_photo(data)
    return caught.value.code


def test_many_scans_are_refused_before_decoding(monkeypatch):
    data = many_scans(MAX_SCANS + 1)
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)
    with pytest.raises(PhotoError, match="100 scans") as caught:
        read_photo(data)
    assert caught.value.code == "too_many_scans"


def test_an_ordinary_progressive_jpeg_and_the_limit_are_read():
    assert read_photo(as_bytes(NOISE, progressive=True)).size == (200, 300)
    assert read_photo(many_scans(MAX_SCANS)).size == (64, 64)


def test_scans_of_a_thumbnail_in_the_metadata_do_not_count():
    exif = Image.Exif()
    exif[0x010E] = "x" * 50 + "\xff\xda" * 200
    assert read_photo(as_bytes(NOISE, exif=exif)).size == (200, 300)


@pytest.mark.parametrize("junk", [b"\xff\xfe\0\2", b"\xff\xe5\0\2"])
def test_endless_segments_are_refused(junk):
    data = as_bytes(NOISE)
    assert refusal(data[:2] + junk * 100_000 + data[2:]) == "unreadable"


@pytest.mark.parametrize("junk", [b"\0", b"\xff", b"x"])
def test_junk_between_segments_is_not_decoded(junk):
    data = as_bytes(NOISE)
    padded = data[:20] + junk * 5_000_000 + data[20:]
    assert len(read_jpeg(padded).pixels) <= len(data)
    assert read_photo(padded).tobytes() == read_photo(data).tobytes()


def test_arithmetic_coding_is_refused():
    data = as_bytes(NOISE)
    assert refusal(data.replace(b"\xff\xc0", b"\xff\xc9", 1)) == "unreadable"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("missing", [1, 2, 3, 8])
def test_a_jpeg_without_its_last_bytes_is_read(options, missing):
    data = as_bytes(NOISE, quality=80, **options)
    with open_photo(data[:-missing]) as photo:
        assert photo.image.size == NOISE.size
        top = (0, 0, 200, 280)
        whole = read_photo(data)
        assert photo.image.crop(top).tobytes() == whole.crop(top).tobytes()
        assert photo.clean and photo.clean.endswith(b"\xff\xd9")


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.9])
def test_a_jpeg_without_its_last_rows_is_refused(options, share):
    data = as_bytes(NOISE, quality=80, **options)
    assert refusal(data[: int(len(data) * share)]) == "unreadable"


def test_a_white_ground_at_the_end_may_lack_its_last_bytes():
    picture = Image.new("RGB", (300, 400), "white")
    picture.paste(NOISE.resize((200, 100)), (50, 50))
    assert read_photo(as_bytes(picture)[:-2]).size == (300, 400)


def test_only_what_the_pixels_need_is_kept():
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    data = as_bytes(NOISE, exif=exif, comment=b"at home")
    data = data[:2] + b"\xff\xed\0\x12Photoshop 3.0 it" + data[2:] + b"after the end"
    with open_photo(data) as photo:
        clean = photo.clean
    assert clean == as_bytes(NOISE)
    assert Image.open(io.BytesIO(clean)).tobytes() == read_photo(data).tobytes()


def test_the_thumbnail_of_jfif_is_dropped():
    data = as_bytes(draw_garment(40, 40))
    assert data[2:4] == b"\xff\xe0"
    thumbnail = b"\xff\xe0\0\x13" + data[6:18] + b"\1\1abc"
    assert read_jpeg(data[:2] + thumbnail + data[20:]).pixels == data


def test_a_large_progressive_jpeg_is_not_decoded_three_times(monkeypatch):
    monkeypatch.setattr(cut_jpeg, "_MAX_PROGRESSIVE_PIXELS", 59_999)
    assert refusal(as_bytes(NOISE, progressive=True)[:-2]) == "unreadable"
    assert read_photo(as_bytes(NOISE)[:-2]).size == (200, 300)
