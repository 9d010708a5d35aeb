"""Photos of a product in the admin: several at once, in order, and by keyboard."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

from catalog.models import Product
from catalog.tests.factories import make_category, make_photo_bytes, make_product

COLOURS = ("red", "lime", "blue", "gold", "black")


@pytest.fixture
def staff(context, live_server):
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    cookie = client.cookies["sessionid"].value
    context.add_cookies(
        [{"name": "sessionid", "value": cookie, "url": live_server.url}]
    )


def photo(folder: Path, name: str, data: bytes) -> Path:
    path = folder / f"{name}.jpg"
    path.write_bytes(data)
    return path


def colours(product: Product) -> list[str]:
    return [image.colours[0] for image in product.images.order_by("position")]


def test_five_photos_become_a_published_product_in_four_clicks(
    page, staff, shop, tmp_path
):
    make_category("Coats", "coat")
    page.goto("/admin/catalog/product/")
    page.locator('a[href*="/product/add/"]:visible').first.click()
    files = [photo(tmp_path, colour, make_photo_bytes(colour)) for colour in COLOURS]
    files.insert(2, photo(tmp_path, "large", bytes(11 * 1024 * 1024)))
    files.insert(4, photo(tmp_path, "broken", b"\xff\xd8\xff no photo"))
    page.set_input_files("[data-choose]", files)
    cards = page.locator("[data-photo]")
    expect(cards).to_have_count(7)
    expect(cards.get_by_text("Save to store it")).to_have_count(5)
    expect(cards.nth(2)).to_contain_text("larger than 10 MB")
    expect(cards.nth(4).locator(".errornote")).to_be_visible()
    page.locator("#id_title").fill("Coat")
    page.locator("#id_sku").fill("COAT-5")
    page.locator("#id_price_cents").fill("99")
    # An error elsewhere keeps the photos.
    page.get_by_role("button", name="Save and publish").click()
    expect(page.locator("[data-photo]")).to_have_count(5)
    page.locator("#id_category").select_option(label="Coats")
    page.get_by_role("button", name="Save and publish").click()
    page.wait_for_url("**/admin/catalog/product/")
    product = Product.objects.get(sku="COAT-5")
    assert product.status == "published"
    assert colours(product) == ["red", "green", "navy", "yellow", "black"]


def test_photos_and_colours_are_ordered_by_keyboard(page, staff, shop, tmp_path):
    product = make_product(photo=make_photo_bytes("red"))
    product.images.update(colours=["red", "pink"])
    page.goto(f"/admin/catalog/product/{product.pk}/change/")
    blue = photo(tmp_path, "blue", make_photo_bytes("blue"))
    page.set_input_files("[data-choose]", [blue])
    cards = page.locator("[data-photo]")
    expect(cards.nth(1)).to_contain_text("Save to store it")
    cards.nth(1).get_by_role("button", name="Move earlier").focus()
    page.keyboard.press("ArrowLeft")
    button = cards.nth(0).get_by_role("button", name="Move earlier")
    expect(button).to_be_focused()
    expect(page.locator("[data-told]")).to_have_text("Photo 1 of 2")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(cards.nth(1)).to_contain_text("Save to store it")
    page.keyboard.press("ArrowLeft")
    expect(cards.nth(0)).to_contain_text("Save to store it")
    red = cards.nth(1)
    red.get_by_text("Colours and text").click()
    red.get_by_role("button", name="Make pink the main colour").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/catalog/product/")
    assert colours(product) == ["navy", "pink"]


def test_a_lost_connection_leaves_the_photo_to_be_sent_again(context, staff, tmp_path):
    page = context.new_page()
    page.goto("/admin/catalog/product/add/")
    page.route("**/product/upload/", lambda route: route.abort())
    blue = photo(tmp_path, "blue", make_photo_bytes("blue"))
    page.set_input_files("[data-choose]", [blue])
    card = page.locator("[data-photo]")
    expect(card).to_contain_text("connection was lost")
    page.unroute("**/product/upload/")
    card.get_by_role("button", name="Try again").click()
    expect(card).to_contain_text("Save to store it")
