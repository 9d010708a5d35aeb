"""Files that are refused, and that they are refused before they do harm."""

from __future__ import annotations

import io
import pickle
import struct
import tracemalloc
import warnings
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from ml import preprocess
from ml.photo import limits
from ml.preprocess import PhotoError, read_photo
from ml.tests.files import as_bytes, draw_garment, heic_bytes, png_bomb


def refused(source: preprocess.Source) -> PhotoError:
    with pytest.raises(PhotoError) as caught:
        read_photo(source)
    return caught.value


def test_empty_file():
    error = refused(b"")
    assert error.code == "empty"
    assert "empty" in str(error)


def test_text_named_jpg(tmp_path: Path):
    path = tmp_path / "photo.jpg"
    path.write_text("This is a letter, not a photo.")
    error = refused(path)
    assert error.code == "unsupported"
    assert "JPEG" in str(error) and "AVIF" in str(error)


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
        b"%PDF-1.7\n",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        b"\xff",
    ],
    ids=["svg", "pdf", "video", "one byte"],
)
def test_other_files_are_unsupported(data):
    assert refused(data).code == "unsupported"


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM"])
def test_formats_outside_the_list_are_unsupported(kind):
    assert refused(as_bytes(draw_garment(32, 32), kind)).code == "unsupported"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_files_are_refused(kind, share):
    noise = Image.effect_noise((300, 300), 80).convert("RGB")
    data = as_bytes(noise, kind)
    assert refused(data[: max(16, int(len(data) * share))]).code == "unreadable"


def test_truncated_heic_is_refused():
    data = heic_bytes(Image.effect_noise((300, 300), 80).convert("RGB"))
    assert refused(data[: len(data) // 2]).code == "unreadable"


def test_a_truncated_jpeg_is_refused_at_reduced_scale_too():
    data = as_bytes(Image.effect_noise((900, 900), 80).convert("RGB"))
    with pytest.raises(PhotoError):
        read_photo(data[: len(data) // 2], max_side=128)


def test_a_bomb_is_refused_without_decoding_it():
    bomb = png_bomb(9000, 7000)
    assert len(bomb) < 100_000
    tracemalloc.start()
    try:
        error = refused(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.code == "too_many_pixels"
    assert "9000 x 7000" in str(error) and "30 megapixels" in str(error)
    assert peak < 5_000_000


def test_the_decoder_of_a_bomb_is_never_called(monkeypatch):
    def decode(self: ImageFile.ImageFile) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    assert refused(png_bomb(9000, 7000)).code == "too_many_pixels"


@pytest.mark.parametrize("size", [(10_000, 9_500), (30_000, 20_000)])
def test_a_bomb_raises_no_warning_of_the_library(size):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert refused(png_bomb(*size)).code == "too_many_pixels"


@pytest.mark.parametrize("chunk", [b"VP8X", b"VP8L", b"VP8 "])
def test_a_webp_bomb_is_refused_by_its_header(chunk):
    side = 16_000
    body = {
        b"VP8X": bytes(4) + 2 * (side - 1).to_bytes(3, "little"),
        b"VP8L": b"\x2f" + (side - 1 | side - 1 << 14).to_bytes(4, "little"),
        b"VP8 ": b"\x10\0\0\x9d\x01\x2a" + 2 * side.to_bytes(2, "little"),
    }[chunk].ljust(10, b"\0")
    data = chunk + struct.pack("<I", len(body)) + body
    error = refused(b"RIFF" + struct.pack("<I", 4 + len(data)) + b"WEBP" + data)
    assert error.code == "too_many_pixels"
    assert "16000 x 16000" in str(error)


def test_exactly_the_pixel_limit_is_read(monkeypatch):
    monkeypatch.setattr(limits, "MAX_PIXELS", 200)
    assert read_photo(as_bytes(draw_garment(20, 10))).size == (20, 10)
    assert refused(as_bytes(draw_garment(20, 11))).code == "too_many_pixels"


@pytest.mark.parametrize("wrap", [bytes, io.BytesIO], ids=["bytes", "file"])
def test_a_forty_megabyte_file_is_refused(wrap):
    data = as_bytes(draw_garment(64, 64)) + bytes(40 * 1024 * 1024)
    error = refused(wrap(data))
    assert error.code == "too_large"
    assert "10 MB" in str(error)


def test_a_large_file_is_not_read_to_its_end():
    class Endless(io.RawIOBase):
        taken = 0

        def seekable(self) -> bool:
            return False

        def read(self, size: int = -1) -> bytes:
            assert size >= 0
            self.taken += size
            return bytes(size)

    source = Endless()
    assert refused(source).code == "too_large"  # type: ignore[arg-type]
    assert source.taken <= preprocess.MAX_BYTES + 1


def test_the_error_survives_pickling():
    error = pickle.loads(pickle.dumps(refused(b"")))
    assert (error.code, str(error)) == ("empty", "This file is empty. Choose a photo.")
