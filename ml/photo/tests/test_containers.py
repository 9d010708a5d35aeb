"""What is kept of a file besides its pixels: nothing."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from ml.photo.gif import read_gif
from ml.preprocess import PhotoError, open_photo, read_photo
from ml.tests.files import as_bytes, draw_garment

NOISE = Image.effect_noise((60, 80), 60).convert("RGB")
SECRET = b"at home"


def clean_of(data: bytes) -> bytes | None:
    with open_photo(data) as photo:
        return photo.clean


def chunk(kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def with_metadata(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    options: dict[str, object] = {"exif": exif, "xmp": b"<x>" + SECRET + b"</x>"}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET.decode())
        text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        options = {"exif": exif, "pnginfo": text, "dpi": (72, 72)}
    data = as_bytes(NOISE, kind, **options)
    assert SECRET in data
    if kind == "PNG":
        data = data[:33] + chunk(b"tIME", bytes(7)) + chunk(b"prVt", SECRET) + data[33:]
    return data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_metadata_is_cut_out_without_loss(kind):
    data = with_metadata(kind)
    clean = clean_of(data + SECRET)
    assert clean and SECRET not in clean
    assert read_photo(clean).tobytes() == read_photo(data).tobytes()
    with Image.open(io.BytesIO(clean)) as image:
        assert not {"exif", "xmp", "dpi", "comment"} & image.info.keys()
    assert clean_of(clean) == clean


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_clean_file_stays_as_it_is(kind):
    data = as_bytes(NOISE, kind)
    assert clean_of(data) == data


@pytest.mark.parametrize(
    ("kind", "picture"),
    [("PNG", NOISE.convert("RGBA")), ("PNG", NOISE.convert("P")), ("JPEG", "turned")],
)
def test_a_file_whose_pixels_change_is_not_clean(kind, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    if picture == "turned":
        assert clean_of(as_bytes(NOISE, exif=exif)) is None
    else:
        assert clean_of(as_bytes(picture, kind)) is None


def test_an_animation_is_not_clean():
    options = {"save_all": True, "append_images": [draw_garment(60, 80)]}
    assert clean_of(as_bytes(NOISE, "PNG", **options)) is None
    assert clean_of(as_bytes(NOISE, "WEBP", **options)) is None


def test_a_png_may_lack_its_end_chunk():
    data = as_bytes(NOISE, "PNG")
    assert clean_of(data[:-12]) == data


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_endless_chunks_are_refused(kind):
    data = as_bytes(NOISE, kind)
    if kind == "PNG":
        data = data[:33] + chunk(b"prVt", b"") * 50_000 + data[33:]
    else:
        body = data[12:] + (b"junk" + bytes(4)) * 50_000
        data = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
    with pytest.raises(PhotoError) as caught:
        read_photo(data)
    assert caught.value.code == "unreadable"


def test_comments_and_junk_of_a_gif_are_left_out():
    data = as_bytes(NOISE.convert("P"), "GIF", comment=SECRET)
    assert SECRET in data
    assert SECRET not in read_gif(data, frames=1)
    padded = data[:-1] + bytes(3_000_000) + b";"
    assert read_photo(padded).tobytes() == read_photo(data).tobytes()


def test_endless_blocks_of_a_gif_are_refused():
    data = as_bytes(NOISE.convert("P"), "GIF")
    head = 13 + (3 << (data[10] & 7) + 1)
    with pytest.raises(PhotoError):
        read_photo(data[:head] + b"!\xfe" + b"\1x" * 300_000 + b"\0" + data[head:])
