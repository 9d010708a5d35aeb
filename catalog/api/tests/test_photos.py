"""The photos of a product, as programs send them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import MULTIPART_CONTENT

from catalog.api.photos import views as photos
from catalog.api.tests.answers import assert_described, field_errors
from catalog.models import ProductImage
from catalog.photos.remote import AddressError
from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.keys.models import make_key

pytestmark = pytest.mark.django_db
PHOTOS = "/api/v1/products/D/photos/"


def picture(colour: str = "navy", name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, make_photo_bytes(colour), "image/jpeg")


@pytest.fixture
def product():
    return make_product(sku="D", status="draft")


@pytest.fixture
def send(client, product):
    token = make_key(name="server", kind="secret", scopes=["photos"])[1]

    def send(method: str, body=None, url: str = PHOTOS, **headers: str):
        headers = {"Authorization": f"Bearer {token}", **headers}
        kind = "application/json"
        if isinstance(body, dict) and "photo" in body:
            kind = MULTIPART_CONTENT
        return getattr(client, method)(url, body, kind, headers=headers)

    return send


def ids(answer) -> list[int]:
    assert answer.status_code == 200, answer.json()
    return [photo["id"] for photo in answer.json()["photos"]]


def test_several_photos_are_added_at_once_and_each_once(send, product):
    answer = send("post", {"photo": [picture("navy"), picture("red"), picture("navy")]})
    assert len(ids(answer)) == 2
    assert_described(photos.PhotosOutput, answer.json())
    again = send("post", {"photo": [picture("red"), picture("green")]})
    assert ids(again)[:2] == ids(answer)
    positions = [photo["position"] for photo in again.json()["photos"]]
    assert positions == [0, 1, 2]


def test_photos_are_ordered_described_and_deleted(send, product):
    first, second = ids(send("post", {"photo": [picture("navy"), picture("red")]}))
    assert ids(send("put", {"order": [second, first]})) == [second, first]
    url = f"{PHOTOS}{first}/"
    described = send("patch", {"alt_text": "The back"}, url).json()
    assert described["photos"][1]["alt_text"] == "The back"
    assert ids(send("delete", None, url)) == [second]
    gone = send("delete", None, url)
    assert (gone.status_code, gone.json()["code"]) == (404, "photo_not_found")


@pytest.mark.parametrize("order", [[], [1], ["x"], [10**30]])
def test_an_order_names_each_photo_once(send, order):
    ids(send("post", {"photo": [picture()]}))
    assert "order" in next(iter(field_errors(send("put", {"order": order}))))


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"%PDF-1.7", "unsupported"), (b"\xff\xd8\xff\xe0", "unreadable")],
)
def test_what_is_no_photo_is_refused_and_nothing_is_stored(send, media, content, code):
    wrong = SimpleUploadedFile("photo.jpg", content or b" ", "image/jpeg")
    wrong.size = len(content)
    body = {"photo": [picture(), SimpleUploadedFile("p.jpg", content, "image/jpeg")]}
    refused = send("post", body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert not ProductImage.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_photos_are_fetched_from_public_addresses_only(send, monkeypatch):
    for address in ("http://127.0.0.1/x.jpg", "http://169.254.169.254/", "ftp://x/"):
        refused = send("post", {"addresses": [address]})
        assert refused.json()["code"] in ("private_address", "bad_address")
    monkeypatch.setattr(photos, "fetch_photo", lambda address: make_photo_bytes())
    assert len(ids(send("post", {"addresses": ["https://cdn.example/1.jpg"]}))) == 1
    assert "addresses" in field_errors(send("post", {"addresses": []}))


def test_an_address_that_answers_late_is_a_problem(send, monkeypatch):
    def late(address: str) -> bytes:
        raise AddressError("address_timeout", "It did not answer in time.")

    monkeypatch.setattr(photos, "fetch_photo", late)
    refused = send("post", {"addresses": ["https://cdn.example/1.jpg"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "address_timeout")


def test_only_a_key_with_the_scope_may_send_photos(client, product):
    refused = client.post(PHOTOS, {"photo": picture()})
    assert (refused.status_code, refused.json()["code"]) == (401, "key_required")
    token = make_key(name="server", kind="secret", scopes=["catalogue"])[1]
    headers = {"Authorization": f"Bearer {token}"}
    refused = client.post(PHOTOS, {"photo": picture()}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")


def test_a_photo_is_added_once_for_each_idempotency_key(send):
    once = {"Idempotency-Key": "a-1"}
    first = send("post", {"photo": [picture()]}, **once)
    ids(send("delete", None, f"{PHOTOS}{ids(first)[0]}/"))
    again = send("post", {"photo": [picture()]}, **once)
    assert again.json() == first.json()
    assert not ProductImage.objects.exists()
    other = send("post", {"photo": [picture("red")]}, **once)
    assert other.json()["code"] == "idempotency_key_reused"


def test_wrong_forms_are_refused(send, product):
    answer = send("post", {"photo": [picture()], "alt": "x"})
    assert field_errors(answer) == {"alt": "unknown_parameter"}
    answer = send("post", {"photo": [picture()] * 21})
    assert field_errors(answer) == {"photo": "too_many"}
    assert (
        send("post", {"photo": [picture()]}, "/api/v1/products/x/photos/").status_code
        == 404
    )
