from pathlib import Path

import pytest
from django.core.cache import cache

from catalog.tests.factories import make_photo_bytes
from fashionlens.storefront import search_views
from fashionlens.storefront.photo_form import PhotoForm
from fashionlens.storefront.tests.test_search_views import HTMX, send
from ml.encoder import EncoderError
from ml.preprocess import MAX_BYTES, PhotoError, read_photo
from search.index import encoders

pytestmark = pytest.mark.django_db
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This file is empty."),
        (b"not a photo", "not a photo of a kind we can read"),
        (make_photo_bytes()[:400], "damaged or incomplete"),
        (make_photo_bytes(size=(7800, 7800), format="PNG"), "30 megapixels"),
        (b"\xff\xd8\xff" + b"\0" * (11 * 1024 * 1024), "larger than 10 MB"),
        (SVG, "not a photo of a kind we can read"),
    ],
    ids=["empty", "text", "truncated", "60 megapixels", "11 MB", "svg"],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_an_invalid_photo_shows_an_error_beside_the_control(
    client, fake_encoder, media: Path, data, words, headers
):
    before = set(cache._cache.get_client().keys("*"))
    response = send(client, data, **headers)
    assert response.status_code == 422
    assert words in response.text
    if headers:
        assert response["HX-Retarget"] == "#photo-message"
        assert "<html" not in response.text
    else:
        assert 'id="photo-form"' in response.text
        assert 'aria-invalid="true"' in response.text
    assert set(cache._cache.get_client().keys("*")) == before
    assert not media.exists()


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\0b.jpg", '"><img src=x onerror=alert(1)>.jpg', "ü" * 300],
)
def test_the_name_of_the_file_does_not_matter(client, fake_encoder, name):
    assert send(client, make_photo_bytes(), name=name).status_code in (303, 422)
    page = client.get("/search/")
    assert "onerror" not in page.text


@pytest.mark.parametrize("fields", [{}, {"photo": "text, not a file"}])
def test_a_search_without_a_file_asks_for_one(client, fake_encoder, fields):
    response = client.post("/search/", fields)
    assert response.status_code == 422
    assert "Choose a photo first, or say in words" in response.text


def test_a_malformed_form_is_a_bad_request(client, fake_encoder):
    response = client.post("/search/", b"--x\r\n", content_type="multipart/form-data")
    assert response.status_code == 400


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("error", [encoders.NoActiveEncoder, EncoderError])
def test_a_search_without_an_encoder_answers_503(client, monkeypatch, error, headers):
    def refuse(*args):
        raise error("no encoder")

    monkeypatch.setattr(search_views, "start_search", refuse)
    response = send(client, make_photo_bytes(), **headers)
    assert response.status_code == 503
    assert "cannot search with photos" in response.text
    assert ("<html" in response.text) is not bool(headers)


def test_a_search_without_a_cache_answers_503(client, fake_encoder, settings):
    settings.CACHES = settings.CACHES | {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    assert send(client, make_photo_bytes()).status_code == 503
    assert client.get("/search/some-query-id/").status_code == 503


def test_the_browsers_size_message_equals_the_servers():
    with pytest.raises(PhotoError) as refused:
        read_photo(b"\xff\xd8\xff" + b"\0" * MAX_BYTES)
    assert PhotoForm().too_large == str(refused.value)
