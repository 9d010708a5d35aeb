"""A small shop for tests, and ways to search it through the API."""

from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Product
from catalog.photos.store import add_photo
from catalog.tests.factories import make_category, make_photo_bytes, make_product

SEARCH = "/api/v1/search/"
RED = make_photo_bytes("red")
LIME = make_photo_bytes("lime")


def make_shop(embed) -> dict[str, Product]:
    """Make and embed a red, a navy and a green dress, and a red hat."""
    hats = make_category("Hats", "hat")
    products = {
        "red": make_product(sku="red", photo=RED),
        "navy": make_product(sku="navy", photo=make_photo_bytes("navy")),
        "green": make_product(sku="green", photo=make_photo_bytes("green")),
        "hat": make_product(
            sku="hat", category=hats, photo=make_photo_bytes("darkred")
        ),
    }
    embed()
    return products


def make_garments(embed) -> dict[str, Product]:
    """Make and embed four dresses and a hat; the navy dress has a second photo."""
    hats = make_category("Hats", "hat")
    garments = {
        "red": ("Red dress", None, RED),
        "pink": ("Pink dress", None, make_photo_bytes((250, 60, 90))),
        "navy": ("Navy dress", None, make_photo_bytes("navy")),
        "blue": ("Blue dress", None, make_photo_bytes("blue")),
        "hat": ("Red hat", hats, make_photo_bytes("darkred")),
    }
    products = {
        sku: make_product(
            sku=sku, title=title, photo=photo, category=kind or make_category()
        )
        for sku, (title, kind, photo) in garments.items()
    }
    add_photo(product=products["navy"], data=LIME)
    embed()
    return products


def post_search(client, **form):
    """Search through the API; `photo` is the photo's bytes."""
    if isinstance(form.get("photo"), bytes):
        form["photo"] = upload(form["photo"])
    return client.post(SEARCH, form)


def upload(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", data)


def skus(response) -> list[str]:
    assert response.status_code == 200, response.json()
    return [result["product"]["sku"] for result in response.json()["results"]]


def problem(response) -> tuple[int, str]:
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["detail"]
    return response.status_code, body["code"]
