"""The order of a photo's colours: the first one is the main colour."""

import re

import pytest

from catalog.models import ProductImage
from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.backoffice.tests.test_products import errors, form

pytestmark = pytest.mark.django_db


@pytest.fixture
def image() -> ProductImage:
    product = make_product(photo=make_photo_bytes("blue"))
    product.images.update(colours=["blue", "grey"])
    return product.images.get()


def address(image: ProductImage) -> str:
    return f"/admin/catalog/product/{image.product_id}/change/"


def row(image: ProductImage, **over) -> dict:
    fields = {"id": image.pk, "product": image.product_id, "position": 0}
    fields["colours"] = image.colours
    fields |= over
    data = {f"images-0-{name}": value for name, value in fields.items()}
    # What the page showed when it was opened.
    data["initial-images-0-colours"] = image.colours
    return {"images-TOTAL_FORMS": 1} | data


def shown(page: str) -> list[str]:
    """Return the checked colours in the order in which a browser sends them."""
    boxes = re.findall(r'<input[^>]+name="images-0-colours"[^>]*>', page)
    checked = [box for box in boxes if "checked" in box]
    return [re.search('value="([^"]+)"', box)[1] for box in checked]


def save(client, image: ProductImage, **over) -> None:
    response = client.post(address(image), form(existing=1) | row(image, **over))
    assert response.status_code == 302, errors(response)
    image.refresh_from_db()


def test_a_saved_form_keeps_the_order_of_colours(admin_client, image):
    colours = shown(admin_client.get(address(image)).text)
    save(admin_client, image, colours=colours, position=7)
    assert (image.colours, image.position) == (["blue", "grey"], 7)
    assert not image.colours_chosen


@pytest.mark.parametrize(
    "colours", [["grey", "blue"], ["grey"], ["red", "blue", "grey"], ["grey", "red"]]
)
def test_the_main_colour_is_chosen_by_its_place(admin_client, image, colours):
    save(admin_client, image, colours=colours)
    assert (image.colours, image.colours_chosen) == (colours, True)
    assert shown(admin_client.get(address(image)).text) == colours


def test_the_order_survives_an_error_elsewhere_in_the_form(admin_client, image):
    data = form(existing=1, price_cents="no") | row(image, colours=["pink", "blue"])
    assert shown(errors(admin_client.post(address(image), data))) == ["pink", "blue"]


def test_an_unknown_colour_is_a_form_error(admin_client, image):
    data = form(existing=1) | row(image, colours=["glowing"])
    assert "glowing" in errors(admin_client.post(address(image), data))


def test_colours_that_are_named_while_the_page_is_open_stay(admin_client, image):
    page = admin_client.get(address(image)).text
    assert shown(page) == ["blue", "grey"]
    opened = row(image, position=3)
    image.product.images.update(colours=["navy"], kind="dress")
    admin_client.post(address(image), form(existing=1) | opened)
    image.refresh_from_db()
    assert (image.colours, image.kind, image.position) == (["navy"], "dress", 3)
    assert not image.colours_chosen and not image.attributes_chosen
