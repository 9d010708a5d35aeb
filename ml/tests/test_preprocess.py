"""Every kind of file a person may hand in gives the right pixels."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageFile

from ml import preprocess
from ml.preprocess import PhotoError, photo_format, read_photo, to_input
from ml.tests.files import (
    BLUE,
    GREEN,
    RED,
    as_bytes,
    draw_garment,
    heic_bytes,
    png_bomb,
)


def close(pixel: object, colour: tuple[int, int, int], by: int = 12) -> bool:
    return bool(np.abs(np.subtract(pixel, colour)).max() <= by)


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
    with pytest.raises(PhotoError):
        read_photo(png_bomb(9000, 7000))
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
