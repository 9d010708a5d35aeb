from io import BytesIO

import pytest
from PIL import Image

from catalog.tests.factories import make_photo_bytes, make_product

pytestmark = pytest.mark.django_db


def body(response) -> bytes:
    return b"".join(response)


@pytest.fixture
def photo():
    data = make_photo_bytes(size=(900, 1200))
    return make_product(photo=data).images.get()


def test_the_url_of_a_thumbnail_draws_nothing(photo, media):
    folder = f"/media/thumbnails/{photo.file.name[:-4]}"
    assert photo.card.url == f"{folder}/480.webp"
    assert not (media / "thumbnails").exists()


@pytest.mark.parametrize(
    ("name", "size"),
    [("small", (160, 213)), ("card", (480, 640)), ("large", (900, 1200))],
)
def test_a_thumbnail_is_drawn_when_it_is_requested(client, photo, media, name, size):
    url = getattr(photo, name).url
    first = client.get(url)
    assert first.status_code == 200
    assert first["Content-Type"] == "image/webp"
    assert "immutable" in first["Cache-Control"]
    content = body(first)
    assert Image.open(BytesIO(content)).size == size  # and never larger than it is
    assert (media / getattr(photo, name).name).read_bytes() == content
    assert body(client.get(url)) == content


def test_a_lost_thumbnail_is_drawn_again(client, photo, media):
    assert client.get(photo.card.url).status_code == 200
    (media / photo.card.name).unlink()
    assert client.get(photo.card.url).status_code == 200


def test_a_damaged_photo_has_no_thumbnail(client, photo, media):
    url = photo.card.url
    (media / photo.file.name).write_bytes(photo.file.read()[:300])
    assert client.get(url).status_code == 404


def test_the_photo_itself_is_served(client, photo):
    response = client.get(photo.file.url)
    assert body(response) == photo.file.read()
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "nothing.jpg",
        "thumbnails/nothing.webp",
        "thumbnails/products/ab/abc/0123456789abcdef.webp",
        "thumbnails/../secret_key",
        "../secret_key",
        "%2e%2e/%2e%2e/secret_key",
        "thumbnails/%00.webp",
        "x" * 300,
        "thumbnails/" + "x" * 300 + ".webp",
    ],
)
def test_missing_files_are_not_found(client, photo, path):
    assert client.get(f"/media/{path}").status_code in (400, 404)


def test_a_thumbnail_of_another_size_is_not_drawn(client, photo, media):
    folder = photo.card.url.rpartition("/")[0]
    assert client.get(f"{folder}/481.webp").status_code == 404
    assert not (media / "thumbnails").exists()


def test_thumbnails_of_a_deleted_photo_are_deleted(
    client, photo, media, django_capture_on_commit_callbacks
):
    client.get(photo.card.url)
    with django_capture_on_commit_callbacks(execute=True):
        photo.delete()
    assert not [path for path in media.rglob("*") if path.is_file()]
