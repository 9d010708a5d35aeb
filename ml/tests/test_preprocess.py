"""Every kind of file a person may hand in: the right pixels, or a clear refusal."""

from __future__ import annotations

import io
import pickle
import struct
import tracemalloc
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageDraw, ImageFile

from ml import preprocess
from ml.preprocess import PhotoError, photo_format, read_photo, to_input

RED, GREEN, BLUE = (200, 30, 40), (30, 180, 60), (20, 40, 190)


def draw_garment(width: int = 400, height: int = 533) -> Image.Image:
    """Red above, blue below, a green mark in the upper left corner."""
    image = Image.new("RGB", (width, height), RED)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, height // 2, width, height], fill=BLUE)
    draw.rectangle([0, 0, width // 4, height // 4], fill=GREEN)
    return image


def as_bytes(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def heic_bytes(image: Image.Image) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=90)
    return file.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A valid one-bit PNG, small as a file and huge as pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def close(pixel: object, colour: tuple[int, int, int], by: int = 12) -> bool:
    return bool(np.abs(np.subtract(pixel, colour)).max() <= by)


def refused(source: preprocess.Source) -> PhotoError:
    with pytest.raises(PhotoError) as caught:
        read_photo(source)
    return caught.value


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_it_reads_common_formats(kind):
    image = read_photo(as_bytes(draw_garment(), kind))
    assert (image.mode, image.size) == ("RGB", (400, 533))
    assert close(image.getpixel((300, 60)), RED)
    assert close(image.getpixel((20, 20)), GREEN)
    assert close(image.getpixel((200, 500)), BLUE)


def test_it_reads_heic():
    image = read_photo(heic_bytes(draw_garment(400, 532)))
    assert (image.mode, image.size) == ("RGB", (400, 532))
    assert close(image.getpixel((300, 60)), RED)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("JPEG", "JPEG"),
        ("PNG", "PNG"),
        ("WEBP", "WebP"),
        ("AVIF", "AVIF"),
        ("GIF", "GIF"),
    ],
)
def test_format_is_named_by_content(kind, name):
    assert photo_format(as_bytes(draw_garment(40, 40), kind)) == name


def test_heic_is_named_by_content():
    assert photo_format(heic_bytes(draw_garment(64, 64))) == "HEIC"


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
    monkeypatch.setattr(preprocess, "MAX_PIXELS", 200)
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


def test_cmyk_jpeg():
    data = as_bytes(draw_garment().convert("CMYK"))
    assert close(read_photo(data).getpixel((300, 60)), RED)


def test_greyscale_jpeg():
    image = read_photo(as_bytes(Image.new("L", (50, 50), 140)))
    assert close(image.getpixel((25, 25)), (140, 140, 140), by=2)


def test_sixteen_bit_png_is_scaled_not_clipped():
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16)[None].repeat(8, axis=0)
    data = as_bytes(Image.fromarray(ramp), "PNG")
    pixels = np.asarray(read_photo(data))[0, :, 0]
    assert np.abs(pixels.astype(int) - np.arange(256)).max() <= 1


def test_palette_with_transparency_is_laid_on_white():
    image = Image.new("P", (20, 10), 0)
    image.putpalette([*RED, *BLUE] + [0] * 762)
    image.paste(1, (10, 0, 20, 10))
    read = read_photo(as_bytes(image, "PNG", transparency=0))
    assert read.getpixel((2, 5)) == (255, 255, 255)
    assert read.getpixel((15, 5)) == BLUE


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_half_transparent_pixels_are_mixed_with_white(mode):
    colour = (0, 0, 0, 128) if mode == "RGBA" else (0, 128)
    data = as_bytes(Image.new(mode, (4, 4), colour), "PNG")
    assert close(read_photo(data).getpixel((1, 1)), (127, 127, 127), by=2)


def test_black_and_white_png():
    data = as_bytes(Image.new("1", (9, 9), 1), "PNG")
    assert read_photo(data).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_rotated_phone_photos_come_upright(orientation, kind):
    upright = draw_garment(240, 320)
    back = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    stored = upright
    if back in preprocess._TURNS:
        stored = upright.transpose(preprocess._TURNS[back])
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = read_photo(as_bytes(stored, kind, exif=exif))
    assert image.size == (240, 320)
    assert close(image.getpixel((10, 10)), GREEN)
    assert close(image.getpixel((120, 300)), BLUE)


def test_a_rotated_heic_is_turned_once():
    stored = draw_garment(240, 320).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    pillow_heif.from_pillow(stored).save(file, quality=90, exif=exif.tobytes())
    image = read_photo(file.getvalue())
    assert image.size == (240, 320)
    assert close(image.getpixel((10, 10)), GREEN)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_does_not_refuse_the_photo():
    data = as_bytes(draw_garment(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken")
    assert read_photo(data).size == (400, 533)


def test_animated_gif_gives_its_first_frame():
    frames = [Image.new("RGB", (30, 20), colour) for colour in (RED, BLUE, GREEN)]
    data = as_bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    image = read_photo(data)
    assert (image.mode, image.size) == ("RGB", (30, 20))
    assert close(image.getpixel((15, 10)), RED)


def test_one_pixel():
    image = read_photo(as_bytes(Image.new("RGB", (1, 1), BLUE), "PNG"))
    assert image.size == (1, 1)
    assert (to_input(image, 128) == BLUE).all()


def test_a_sliver_is_read():
    image = read_photo(as_bytes(Image.new("RGB", (1, 20_000), BLUE), "PNG"))
    assert to_input(image, 128).shape == (128, 128, 3)


def test_a_colour_profile_is_converted_to_srgb():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain = as_bytes(draw_garment(), "PNG")
    misfit = as_bytes(draw_garment(), "PNG", icc_profile=lab)
    broken = as_bytes(draw_garment(), "PNG", icc_profile=b"no profile")
    assert read_photo(plain).tobytes() == read_photo(misfit).tobytes()
    assert read_photo(plain).tobytes() == read_photo(broken).tobytes()
    swapped = read_photo(
        as_bytes(Image.new("RGB", (4, 4), RED), "PNG", icc_profile=swapped_profile())
    )
    assert close(swapped.getpixel((1, 1)), (RED[1], RED[0], RED[2]), by=4)


def swapped_profile() -> bytes:
    """sRGB with its red and green primaries exchanged: wrong in a visible way."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace(b"rXYZ", b"?XYZ", 1).replace(b"gXYZ", b"rXYZ", 1)
    data = data.replace(b"?XYZ", b"gXYZ", 1)
    wide = "sRGB".encode("utf-16-be")
    return data.replace(wide, "wide".encode("utf-16-be")).replace(b"sRGB", b"wide")


def test_metadata_is_dropped():
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    exif[0x0112] = 6
    image = read_photo(as_bytes(draw_garment(), exif=exif, comment=b"at home"))
    assert image.info == {}
    assert not image.getexif()
    for kind in ("JPEG", "PNG", "WEBP"):
        assert b"PhoneMaker" not in as_bytes(image, kind)


def test_a_hostile_file_name_is_only_a_name(tmp_path: Path):
    path = tmp_path / "; rm -rf $(x) <b>'\"..jpg"
    path.write_bytes(as_bytes(draw_garment()))
    assert read_photo(path).size == (400, 533)


def test_bytes_file_and_path_give_the_same_pixels(tmp_path: Path):
    data = as_bytes(draw_garment())
    path = tmp_path / "photo"
    path.write_bytes(data)
    file = io.BytesIO(data)
    file.seek(77)
    pixels = {read_photo(source).tobytes() for source in (data, path, file)}
    assert len(pixels) == 1
    assert file.read() == data  # left at the start, for whoever stores it next


def test_a_hint_keeps_the_shorter_side_long_enough():
    data = as_bytes(draw_garment(3024, 4032))
    image = read_photo(data, max_side=256)
    assert image.size == (378, 504)
    whole = to_input(read_photo(data), 128).astype(int)
    hinted = to_input(image, 128).astype(int)
    assert np.abs(whole - hinted).mean() < 1


def test_a_hint_never_enlarges():
    assert read_photo(as_bytes(draw_garment(40, 50)), max_side=256).size == (40, 50)


def test_input_is_square_rgb_and_antialiased():
    stripes = np.zeros((1024, 1024, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    pixels = to_input(Image.fromarray(stripes), 128)
    assert (pixels.shape, pixels.dtype) == ((128, 128, 3), np.uint8)
    assert pixels.std() < 4  # picking single pixels would give all or nothing


def test_many_threads_may_read_at_once():
    photos = [as_bytes(draw_garment(300 + i, 400)) for i in range(8)] * 4
    alone = [read_photo(photo).tobytes() for photo in photos]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda photo: read_photo(photo).tobytes(), photos))
    assert together == alone


def test_library_settings_are_left_alone():
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    read_photo(as_bytes(draw_garment()))
    refused(png_bomb(9000, 7000))
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_the_error_survives_pickling():
    error = pickle.loads(pickle.dumps(refused(b"")))
    assert (error.code, str(error)) == ("empty", "This file is empty. Choose a photo.")
