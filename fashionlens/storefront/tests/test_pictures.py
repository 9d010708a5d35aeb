import base64
import re
from io import BytesIO

import pytest
from PIL import Image

from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.storefront.tests.outline import outline

pytestmark = pytest.mark.django_db


def pictures(page: str) -> list:
    images = [tag for tag in outline(page) if tag.name == "img"]
    return [tag for tag in images if tag.get("src", "").startswith("/media/")]


def widths(tag) -> list[int]:
    return [int(width) for width in re.findall(r" (\d+)w", tag.get("srcset") or "")]


@pytest.mark.parametrize(
    ("size", "card", "large"),
    [
        ((3000, 4000), [320, 480, 800], [480, 800, 1200]),
        ((600, 800), [320, 480, 600], [480, 600]),
        ((90, 120), [], []),
        ((100, 1000), [], []),
    ],
)
def test_pages_offer_widths_up_to_the_photos_own(client, size, card, large):
    product = make_product(photo=make_photo_bytes(size=size))
    assert widths(pictures(client.get("/").text)[0]) == card
    page = client.get(product.get_absolute_url()).text
    assert widths(pictures(page)[0]) == large


def test_the_width_of_each_address_is_true(client, media):
    make_product(photo=make_photo_bytes(size=(2000, 900)))
    picture = pictures(client.get("/").text)[0]
    for offer in picture.get("srcset").split(", "):
        address, width = offer.split()
        content = b"".join(client.get(address))
        assert f"{Image.open(BytesIO(content)).width}w" == width


def test_the_first_picture_has_priority_and_later_ones_are_lazy(client):
    for _ in range(6):
        make_product(photo=make_photo_bytes())
    # The front page begins with its form.
    assert {tag.get("loading") for tag in pictures(client.get("/").text)} == {"lazy"}
    shown = pictures(client.get("/?in_stock=true").text)
    assert [tag.get("fetchpriority") for tag in shown] == ["high", *5 * [None]]
    assert [tag.get("loading") for tag in shown] == [*4 * [None], "lazy", "lazy"]


def test_a_picture_has_its_colours_before_it_is_loaded(client):
    photo = make_product(photo=make_photo_bytes((200, 30, 60))).images.get()
    data = re.search(r"data:image/bmp;base64,([\w+/=]+)", client.get("/").text)[1]
    shown = Image.open(BytesIO(base64.b64decode(data)))
    with photo.file.open() as file:
        whole = Image.open(file).convert("RGB")
    assert shown.tobytes() == whole.resize((4, 4), Image.Resampling.BOX).tobytes()
