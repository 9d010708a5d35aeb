import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.tests.factories import make_photo_bytes

pytestmark = pytest.mark.django_db


def search(**headers: str) -> int:
    form = {"photo": SimpleUploadedFile("photo.jpg", make_photo_bytes())}
    client = Client(enforce_csrf_checks=True)
    return client.post("/search/", form, headers=headers).status_code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none", "Origin": "null"}, 303),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "https://shop.example"}, 303),
        ({}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "http://testserver:8080"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_a_photo_comes_from_the_shops_own_pages(
    fake_encoder, settings, headers, status
):
    settings.CSRF_TRUSTED_ORIGINS = ["https://shop.example"]
    assert search(**headers) == status


def test_another_site_cannot_make_the_shop_forget():
    client = Client(enforce_csrf_checks=True)
    client.cookies["looked_at"] = "1:x"
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post("/looked-at/forget/", headers=foreign)
    assert (answer.status_code, dict(answer.cookies)) == (403, {})
    assert client.post("/looked-at/forget/").status_code == 303
