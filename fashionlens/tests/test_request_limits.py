import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from catalog.tests.factories import make_photo_bytes
from fashionlens.middleware import RequestLimits
from fashionlens.request_limits import (
    ADMIN,
    BUSY,
    MAX_BODY,
    MAX_PHOTO_BODY,
    MAX_STAFF_BODY,
    MB,
    PHOTO_SEARCHES,
)

PAGES = [
    "/",
    "/healthz",
    "/search/some-query-id/",
    "/looked-at/forget/",
    "/admin/login/",
    "/admin/catalog/product/add/",
    "/nothing/here/",
    "/api/v1/events/",
    "/api/v1/products/",
    "/api/nothing/",
]
FORM = "multipart/form-data; boundary=b"


def post(client: Client, path: str, length: int) -> int:
    answer = client.post(path, b"x", content_type=FORM, CONTENT_LENGTH=str(length))
    return answer.status_code


def test_the_addresses_with_limits_of_their_own_exist():
    assert {reverse("storefront:search"), reverse("api:search")} == PHOTO_SEARCHES
    assert reverse("admin:index") == ADMIN


@pytest.mark.parametrize("path", PAGES)
def test_a_large_body_is_refused_unread_at_every_address(db, path):
    # What is refused for another reason is not read either: the body is not there.
    foreign = {"Sec-Fetch-Site": "cross-site"}
    client = Client(enforce_csrf_checks=True, headers=foreign)
    assert post(client, path, MAX_BODY + 1) == 413
    assert post(client, path, MAX_BODY) != 413


@pytest.mark.parametrize("path", sorted(PHOTO_SEARCHES))
def test_a_photo_search_takes_one_photo(client, db, path):
    assert post(client, path, MAX_PHOTO_BODY + 1) == 413
    assert post(client, path, 50 * 10 * MB) == 413
    form = b"--b" + bytes(MAX_PHOTO_BODY - 3)
    assert client.post(path, form, content_type=FORM).status_code == 400


@pytest.mark.parametrize("path", ["/", "/search/", "/api/v1/events/", "/admin/login/"])
def test_a_body_of_unknown_length_is_refused(client, db, path):
    chunked = {"Transfer-Encoding": "chunked"}
    assert client.generic("POST", path, b"", FORM, headers=chunked).status_code == 411


def test_an_api_client_gets_a_problem_and_a_shopper_a_page(client, db):
    answer = client.post(
        "/api/v1/search/", b"x", content_type=FORM, CONTENT_LENGTH=str(50 * MB)
    )
    assert answer.json()["code"] == "too_large"
    assert "at most 10 MB" in answer.json()["detail"]
    page = client.post("/search/", b"x", content_type=FORM, CONTENT_LENGTH=str(50 * MB))
    assert "at most 10 MB" in page.text
    assert "<h1" in page.text


def test_htmx_shows_a_refused_photo_beside_the_control(client, db):
    answer = client.post(
        "/search/",
        b"x",
        content_type=FORM,
        CONTENT_LENGTH=str(50 * MB),
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 413
    assert answer["HX-Retarget"] == "#photo-message"
    assert "at most 10 MB" in answer.text
    assert "<h1" not in answer.text


@pytest.mark.parametrize(
    ("path", "staff", "limit"),
    [
        ("/admin/catalog/product/add/", True, MAX_STAFF_BODY),
        ("/admin/catalog/product/add/", False, MAX_BODY),
        ("/looked-at/forget/", True, MAX_BODY),
    ],
)
def test_staff_may_send_the_photos_of_a_product(path, staff, limit):
    answer = RequestLimits(lambda request: HttpResponse("taken"))
    for length, status in ((limit, 200), (limit + 1, 413)):
        request = RequestFactory().post(path, CONTENT_LENGTH=str(length))
        request.user = User(is_staff=staff)
        assert answer(request).status_code == status


def test_only_staff_may_send_several_files(client, admin_client):
    def files() -> dict[str, object]:
        photos = [SimpleUploadedFile("a.png", make_photo_bytes()) for _ in range(2)]
        return {"photos": photos}

    assert client.post("/admin/login/", files()).status_code == 400
    assert admin_client.post("/admin/catalog/product/add/", files()).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/products/"])
def test_a_request_without_a_thread_is_told_when_to_come_again(client, path):
    answer = client.get(path, **{BUSY: True})
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
