import pytest

from catalog.models import Product
from catalog.tests.factories import make_photo_bytes, make_product


@pytest.fixture
def shop(embed) -> list[Product]:
    reds = [(200 + 4 * n, 10, 10) for n in range(8)]
    products = [make_product(photo=make_photo_bytes(red)) for red in reds]
    embed()
    return products
