"""Bodies that lie about their type or length, or are nested endlessly."""

import pytest
from django.test import Client

from fashionlens.keys.models import ApiKey, make_key
from search.tests.shop import problem

pytestmark = pytest.mark.django_db
JSON = "application/json"
WRITES = [
    ("PUT", "products/D/"),
    ("PATCH", "products/D/"),
    ("POST", "products/bulk/"),
    ("PUT", "categories/hat/"),
    ("POST", "products/D/photos/"),
    ("PUT", "products/D/photos/"),
    ("PATCH", "products/D/photos/1/"),
    ("POST", "imports/"),
    ("PUT", "index/encoder/"),
    ("POST", "events/"),
    ("POST", "search/"),
]


@pytest.fixture(params=WRITES, ids=" ".join)
def send(request):
    scopes = ApiKey.Scope.values
    token = make_key(name="erp", kind="secret", scopes=scopes)[1]
    headers = {"Authorization": f"Bearer {token}"}
    method, path = request.param

    def send(body: bytes, content_type: str = JSON, **environment: object):
        url = f"/api/v1/{path}"
        return Client(headers=headers).generic(
            method, url, body, content_type, **environment
        )

    return send


def test_endless_nesting_is_refused(send):
    for opening in (b"[", b'{"a":'):
        assert problem(send(opening * 10_000)) == (400, "parse_error")


def test_a_body_that_is_cut_is_refused(send):
    answer = send(b'{"title": "A dress"}', CONTENT_LENGTH="9")
    assert problem(answer) == (400, "parse_error")


def test_what_is_not_json_is_refused(send):
    for body in (b"\xff\xfe\x00", b"\xff\xd8\xff\xe0 a photo", b"title=A"):
        assert problem(send(body)) == (400, "parse_error")


def test_json_of_another_type_is_refused(send):
    status, code = problem(send(b'{"title": "A dress"}', "application/xml"))
    assert (status, code) == (415, "unsupported_media_type")


def test_a_body_of_500_mb_is_refused_unread(send):
    answer = send(b"{}", CONTENT_LENGTH=str(500 * 1024**2))
    assert problem(answer) == (413, "too_large")
