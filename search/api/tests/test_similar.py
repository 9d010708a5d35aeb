import pytest

from catalog.photos.store import add_photo
from catalog.tests.factories import make_photo_bytes, make_product

pytestmark = pytest.mark.django_db


def test_the_address_may_contain_a_slash_of_the_sku(client, fake_encoder):
    add_photo(product=make_product(sku="KLEID/42"), data=make_photo_bytes("red"))
    response = client.get("/api/v1/products/KLEID%2F42/similar/")
    assert (response.status_code, response.json()["results"]) == (200, [])
