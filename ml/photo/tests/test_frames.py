from __future__ import annotations

import pytest
from PIL import Image

from ml.photo.frames import MAX_FRAMES
from ml.preprocess import PhotoError, read_photo
from ml.tests.files import BLUE, as_bytes, draw_garment

EMPTY = Image.new("RGBA", (80, 120), (0, 0, 0, 0))
FULL = draw_garment(80, 120).convert("RGBA")
BLACK = Image.new("RGBA", (80, 120), "black")


def animation(kind: str, *frames: Image.Image) -> bytes:
    # Without a difference in duration equal frames would be joined.
    durations = [100 + 10 * n for n in range(len(frames))]
    lossless = {"lossless": True} if kind == "WEBP" else {}
    return as_bytes(
        frames[0],
        kind,
        save_all=True,
        append_images=list(frames[1:]),
        duration=durations,
        **lossless,
    )


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
@pytest.mark.parametrize("first", [[EMPTY], [BLACK], [EMPTY, EMPTY, BLACK]])
def test_frames_that_show_nothing_are_passed_over(kind, first):
    image = read_photo(animation(kind, *first, FULL))
    assert image.size == (80, 120)
    pixel = image.getpixel((40, 100))
    assert max(abs(a - b) for a, b in zip(pixel, BLUE, strict=True)) < 30


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_of_one_colour_gives_that(kind):
    image = read_photo(animation(kind, EMPTY, BLACK))
    assert image.getpixel((40, 60)) == (0, 0, 0)


def empty_animation(kind: str, frames: int) -> bytes:
    if kind == "GIF":  # Pillow would join equal frames
        data = as_bytes(EMPTY, "GIF")
        head = 13 + (3 << (data[10] & 7) + 1)
        return data[:head] + data[head:-1] * frames + b";"
    unseen = [Image.new("RGBA", EMPTY.size, (n, 0, 0, 0)) for n in range(frames)]
    options = {"exact": True, "lossless": True} if kind == "WEBP" else {}
    return as_bytes(unseen[0], kind, save_all=True, append_images=unseen[1:], **options)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_that_shows_nothing_is_refused(kind):
    with pytest.raises(PhotoError, match="show nothing") as caught:
        read_photo(empty_animation(kind, 3))
    assert caught.value.code == "blank"


def test_only_the_first_frames_are_looked_at():
    data = empty_animation("GIF", MAX_FRAMES + 5)[:-1]
    full = as_bytes(FULL, "GIF")
    with pytest.raises(PhotoError, match=str(MAX_FRAMES)):
        read_photo(data + full[full.index(b",") :])


def test_a_still_without_anything_is_white():
    for kind in ("PNG", "GIF", "WEBP"):
        assert read_photo(as_bytes(EMPTY, kind)).getpixel((1, 1)) == (255, 255, 255)
