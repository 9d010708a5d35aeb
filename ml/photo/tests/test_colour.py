from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from ml.photo.colour import coded_profile, matrix_profile
from ml.photo.tests.test_containers import chunk
from ml.preprocess import open_photo, read_photo
from ml.tests.files import as_bytes

SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.329))
P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), (0.3127, 0.329))
GREY = Image.new("RGB", (8, 8), (55, 55, 55))
LINEAR = np.linspace(0, 1, 1024)


def named(profile: bytes, name: bytes) -> bytes:
    place = profile.index(b"desc\0\0\0\0")
    text = struct.pack(">I", len(name) + 1) + name + b"\0"
    return profile[: place + 8] + text + profile[place + 8 + len(text) :]


def grey_profile(gamma: float) -> bytes:
    """A profile of one curve, as scanners write it."""
    curve = struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256)) + bytes(2)
    rgb = matrix_profile(SRGB, LINEAR)
    head = rgb[:16] + b"GRAY" + rgb[20:128]
    white = b"XYZ \0\0\0\0" + rgb[68:80]
    start = 128 + 4 + 24
    table = struct.pack(">I", 2)
    table += struct.pack(">4sII", b"wtpt", start, len(white))
    table += struct.pack(">4sII", b"kTRC", start + len(white), len(curve))
    data = head + table + white + curve
    return struct.pack(">I", len(data)) + data[4:]


def pixel(image: Image.Image, kind: str = "PNG", **options: object) -> tuple[int, ...]:
    found = read_photo(as_bytes(image, kind, **options)).getpixel((4, 4))
    assert isinstance(found, tuple)
    return found


def with_chunks(image: Image.Image, *chunks: bytes) -> bytes:
    data = as_bytes(image, "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def test_the_matrix_of_a_profile_is_that_of_another_library():
    # Red, green and blue of sRGB adapted to D50, as lcms writes them.
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).profile
    profile = matrix_profile(SRGB, LINEAR)
    for tag, name in ((b"rXYZ", "red"), (b"gXYZ", "green"), (b"bXYZ", "blue")):
        place = struct.unpack(">I", profile[profile.index(tag) + 4 :][:4])[0]
        values = np.array(struct.unpack(">3i", profile[place + 8 :][:12])) / 65536
        assert np.abs(values - getattr(made, f"{name}_colorant")[0]).max() < 2e-4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("name", [b"Linear RGB", b"GIMP built-in Linear sRGB"])
def test_a_profile_counts_by_its_content(kind, name):
    profile = named(matrix_profile(SRGB, LINEAR), name)
    assert pixel(GREY, kind, icc_profile=profile)[0] == pytest.approx(128, abs=4)


def test_a_profile_that_is_srgb_changes_nothing():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wide = profile.replace("sRGB".encode("utf-16-be"), "odd!".encode("utf-16-be"))
    noise = Image.effect_noise((60, 80), 60).convert("RGB")
    for each in (profile, wide):
        with open_photo(as_bytes(noise, icc_profile=each)) as photo:
            assert photo.clean == as_bytes(noise)


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_a_grey_profile_is_applied_beside_transparency(mode):
    grey = Image.new("L", (8, 8), 255 if mode == "1" else 55).convert(mode)
    want = 255 if mode == "1" else 128
    profile = grey_profile(1.0)
    assert pixel(grey, icc_profile=profile) == pytest.approx((want,) * 3, abs=3)


def test_a_profile_is_applied_to_palettes_and_beside_transparency():
    profile = matrix_profile(SRGB, LINEAR)
    for image in (GREY.quantize(2), GREY.convert("RGBA")):
        assert pixel(image, icc_profile=profile)[0] == pytest.approx(128, abs=3)


def test_a_wide_profile_spreads_colours():
    image = Image.new("RGB", (8, 8), (230, 60, 60))
    assert pixel(image, icc_profile=coded_profile(12, 13))[1] < 45


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_the_gamma_of_a_png_is_applied(mode):
    image = GREY.convert(mode)
    linear = with_chunks(image, chunk(b"gAMA", struct.pack(">I", 100_000)))
    assert read_photo(linear).getpixel((4, 4))[0] == pytest.approx(128, abs=3)
    usual = with_chunks(image, chunk(b"gAMA", struct.pack(">I", 45_455)))
    assert read_photo(usual).getpixel((4, 4))[0] == 55


def test_srgb_and_profiles_come_before_gamma():
    gamma = chunk(b"gAMA", struct.pack(">I", 100_000))
    both = with_chunks(GREY, chunk(b"sRGB", b"\0"), gamma)
    assert read_photo(both).getpixel((4, 4))[0] == 55
    code = chunk(b"cICP", bytes([1, 13, 0, 1]))
    assert read_photo(with_chunks(GREY, code, gamma)).getpixel((4, 4))[0] == 55


@pytest.mark.parametrize("gamma", [0, 1, 2**31])
def test_a_senseless_gamma_is_ignored(gamma):
    data = with_chunks(GREY, chunk(b"gAMA", struct.pack(">I", gamma)))
    assert read_photo(data).getpixel((4, 4))[0] == 55


def test_the_primaries_of_a_png_are_applied():
    red = Image.new("RGB", (8, 8), (230, 60, 60))
    x, y = zip(P3[3], *P3[:3], strict=True)
    points = [round(v * 100_000) for pair in zip(x, y, strict=True) for v in pair]
    gamma = chunk(b"gAMA", struct.pack(">I", 45_455))
    data = with_chunks(red, gamma, chunk(b"cHRM", struct.pack(">8I", *points)))
    assert read_photo(data).getpixel((4, 4))[1] < 45


@pytest.mark.parametrize(
    ("code", "level", "want"),
    [
        ((1, 8), 55, 128),  # linear
        ((1, 16), 148, 255),  # PQ: 203 nits are white
        ((1, 18), 191, 255),  # HLG: 75 % are white
        ((1, 1), 55, 55),
        ((9, 13), 55, 55),  # grey has no primaries
        ((2, 2), 55, 55),
        ((250, 250), 55, 55),
    ],
)
def test_the_coded_colours_of_a_png_are_applied(code, level, want):
    image = Image.new("RGB", (8, 8), (level,) * 3)
    data = with_chunks(image, chunk(b"cICP", bytes([*code, 0, 1])))
    assert read_photo(data).getpixel((4, 4))[0] == pytest.approx(want, abs=4)
