"""Photos that the API accepts or refuses, sent by form or as the body."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from catalog.api.tests.answers import field_errors
from catalog.models import ProductImage
from catalog.tests.factories import make_photo_bytes
from ml.preprocess import MAX_BYTES
from ml.tests.files import png_bomb
from search.models import Embedding
from search.tests.shop import RED, SEARCH, make_shop, problem, skus, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(embed):
    return make_shop(embed)


def saved(mode: str, kind: str, **options: object) -> bytes:
    """Return the red photo in another colour mode and format."""
    buffer = BytesIO()
    Image.open(BytesIO(RED)).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def sixteen_bit() -> bytes:
    grey = np.asarray(Image.open(BytesIO(RED)).convert("L")).astype(np.uint16) * 257
    buffer = BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()


def palette_with_transparency() -> bytes:
    """Make the white around the garment transparent."""
    image = Image.open(BytesIO(RED)).convert("RGB").quantize(8)
    corner = image.getpixel((0, 0))
    buffer = BytesIO()
    image.save(buffer, "PNG", transparency=corner)
    return buffer.getvalue()


def rotated() -> bytes:
    """Turn the pixels, and note the turn in the EXIF data as phones do."""
    image = Image.open(BytesIO(RED)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = BytesIO()
    image.save(buffer, "JPEG", exif=exif, quality=95)
    return buffer.getvalue()


def animated() -> bytes:
    first, second = Image.open(BytesIO(RED)), Image.new("RGB", (90, 120), "lime")
    buffer = BytesIO()
    first.convert("P").save(
        buffer, "GIF", save_all=True, append_images=[second.convert("P")]
    )
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        saved("CMYK", "JPEG", quality=95),
        palette_with_transparency(),
        rotated(),
        animated(),
        saved("RGB", "PNG"),
        saved("RGB", "WEBP", lossless=True),
    ],
    ids=["cmyk", "palette", "rotated", "animated", "png", "webp"],
)
def test_unusual_photo_formats_find_the_same_product(client, shop, data):
    assert skus(client.post(SEARCH, {"photo": upload(data)}))[0] == "red"


def test_a_16_bit_photo_finds_products(client, shop):
    assert len(skus(client.post(SEARCH, {"photo": upload(sixteen_bit())}))) == 4


@pytest.mark.parametrize(
    "data, expected",
    [
        (b"", (422, "empty")),
        (b"This is a shopping list.", (422, "unsupported")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", (422, "unsupported")),
        (RED[: len(RED) // 2], (422, "unreadable")),
        (png_bomb(10_000, 6_000), (422, "too_many_pixels")),
        (RED + bytes(MAX_BYTES), (413, "too_large")),
        (RED + bytes(40 * 1024 * 1024), (413, "too_large")),
    ],
    ids=["empty", "text", "svg", "truncated", "bomb", "10MB", "40MB"],
)
@pytest.mark.parametrize("bare", [False, True], ids=["form", "bare"])
def test_invalid_photos_are_refused_and_leave_nothing(
    client, shop, media, settings, data, expected, bare
):
    # Writing an upload to a temporary file fails here.
    settings.FILE_UPLOAD_TEMP_DIR = str(media / "there" / "is" / "none")
    before = everything_kept(media)
    if bare:
        response = client.post(SEARCH, data, content_type="image/jpeg")
    else:
        response = client.post(SEARCH, {"photo": upload(data)})
    if bare and not data:
        expected = (400, "invalid")  # no body at all
    assert problem(response) == expected
    assert everything_kept(media) == before


def test_a_search_stores_no_photo(client, shop, media):
    """Only the cache keeps the vector and the ranking."""
    before = everything_kept(media)
    client.post(SEARCH, {"photo": upload(make_photo_bytes("pink"))})
    assert everything_kept(media) == before


def everything_kept(media: Path) -> tuple[object, ...]:
    files = {path for path in media.rglob("*") if "thumbnails" not in path.parts}
    return (files, ProductImage.objects.count(), Embedding.objects.count())


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "a\x00b.jpg",
        "<script>alert(1)</script>.jpg",
        "'; DROP TABLE catalog_product; --.jpg",
        "é" * 300 + ".jpg",
        "photo",
        "con.svg",
    ],
)
def test_the_file_name_does_not_matter(client, shop, media, name):
    body, boundary = BytesIO(), "b" * 20
    body.write(f"--{boundary}\r\n".encode())
    head = f'Content-Disposition: form-data; name="photo"; filename="{name}"\r\n\r\n'
    body.write(head.encode() + RED + f"\r\n--{boundary}--\r\n".encode())
    before = everything_kept(media)
    response = client.post(
        SEARCH,
        body.getvalue(),
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    assert skus(response)[0] == "red"
    assert everything_kept(media) == before


def red() -> SimpleUploadedFile:
    return upload(RED)


def two_reds() -> list[SimpleUploadedFile]:
    return [red(), red()]


@pytest.mark.parametrize(
    "form, expected",
    [
        ({}, {"photo": "required"}),
        ({"photo": "a text"}, {"photo": "invalid"}),
        ({"picture": red}, {"picture": "unknown_parameter"}),
        ({"photo": two_reds}, {"photo": "multiple_values"}),
        ({"photo": red, "category": "boot"}, {"category": "unknown_category"}),
        ({"photo": red, "page_size": 101}, {"page_size": "max_value"}),
        ({"photo": red, "page": 2}, {"page": "unknown_parameter"}),
    ],
    ids=["none", "text", "wrong name", "two", "category", "page_size", "page"],
)
def test_errors_of_a_form_name_their_fields(client, shop, form, expected):
    files = {
        name: value() if callable(value) else value for name, value in form.items()
    }
    assert field_errors(client.post(SEARCH, files)) == expected


@pytest.mark.parametrize(
    "content_type, body, expected",
    [
        ("application/xml", b"<a/>", (415, "unsupported_media_type")),
        ("application/x-www-form-urlencoded", b"a=1", (415, "unsupported_media_type")),
        ("text/html", b"<p>", (415, "unsupported_media_type")),
        ("multipart/form-data", b"x", (400, "parse_error")),
        ("multipart/form-data; boundary=b", b"--b\r\nno", (400, "invalid")),
        ("image/jpeg", b"", (400, "invalid")),
        ("", b"", (400, "invalid")),
    ],
)
def test_a_body_of_another_type_is_refused(client, shop, content_type, body, expected):
    assert problem(client.post(SEARCH, body, content_type=content_type)) == expected


def test_a_wrong_type_is_answered_with_the_right_ones(client):
    response = client.post(SEARCH, b"{}", content_type="text/plain")
    assert (
        "Send multipart/form-data or image/* or application/json."
        in response.json()["detail"]
    )


def test_too_many_files_are_a_problem(client, shop):
    files = [upload(b"x") for _ in range(51)]
    assert problem(client.post(SEARCH, {"photo": files})) == (400, "parse_error")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (SEARCH, "image/jpeg"),
        (SEARCH, "multipart/form-data; boundary=x"),
        ("/api/v1/events/", "application/json"),
    ],
)
def test_a_chunked_body_is_refused(client, fake_encoder, url, kind):
    headers = {"Transfer-Encoding": "chunked"}
    response = client.generic("POST", url, b"", kind, headers=headers)
    assert problem(response) == (411, "length_required")
