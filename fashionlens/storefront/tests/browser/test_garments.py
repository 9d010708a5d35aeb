"""Garments marked on the picture, and colours, in the browser."""

import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from catalog.tests.factories import make_product
from fashionlens.storefront.tests.browser.steps import expect_preview
from ml.encoder import WHOLE_PICTURE, Finding, Garment
from ml.tests.files import as_bytes
from search.tests.garments import photo_of

TWO = Finding((Garment((0.1, 0, 0.5, 0.8), 0.3), Garment((0.6, 0, 0.9, 0.6), 0.2)), 0.9)


@pytest.fixture
def shop(live_server, garment_network, embed):
    for name, colour in (("red", (200, 20, 20)), ("blue", (20, 20, 200))):
        make_product(sku=name, title=f"{name} dress", photo=photo_of("dress", colour))
    embed()
    garment_network.finding = TWO
    return garment_network


def choose(page: Page) -> None:
    picture = Image.new("RGB", (200, 200), "white")
    picture.paste((205, 20, 20), (20, 0, 100, 160))
    picture.paste((20, 20, 205), (120, 0, 180, 120))
    page.goto("/search/")
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": as_bytes(picture)}
    page.set_input_files("#photo", file)
    expect_first(page, "red dress")
    expect_preview(page)


def expect_first(page: Page, title: str) -> None:
    expect(page.locator("#results .card-title").first).to_have_text(title)


def expect_box(page: Page, words: str) -> None:
    frame = page.locator(".crop-frame")
    expect(frame).to_have_attribute("aria-label", re.compile(words))


def test_the_box_starts_on_the_largest_garment_and_a_tap_goes_on(page, shop):
    choose(page)
    expect_box(page, "10 to 50 per cent across, 0 to 80")
    marks = page.locator(".garment-mark")
    expect(marks).to_have_count(2)
    marks.nth(1).click()
    expect_first(page, "blue dress")
    expect(page).to_have_url(re.compile(r"garment=2"))
    expect_box(page, "60 to 90 per cent across, 0 to 60")
    expect(marks.nth(1)).to_have_attribute("aria-current", "true")
    page.reload()
    expect_box(page, "60 to 90 per cent across, 0 to 60")
    page.go_back()
    expect_first(page, "red dress")
    expect_box(page, "10 to 50 per cent across")


def test_a_box_drawn_by_hand_stays(page, shop):
    choose(page)
    shop.finding = WHOLE_PICTURE
    first = page.url
    page.get_by_role("button", name="Upper half").click()
    expect(page).not_to_have_url(first)
    expect_box(page, "0 to 100 per cent across, 0 to 50")
    expect(page.locator(".garment-mark")).to_have_count(0)
    page.reload()
    expect_box(page, "0 to 100 per cent across, 0 to 50")


def test_garments_are_links_without_script(context_without_script, shop):
    page = context_without_script.new_page()
    page.goto("/search/?product=red")
    page.get_by_role("button", name="Middle").click()
    page.get_by_role("link", name=re.compile("Garment 2")).click()
    expect(page).to_have_url(re.compile("garment=2"))


def test_without_a_garment_the_photo_stays_to_choose_a_part(page, shop):
    choose(page)
    shop.finding = Finding((), 0.01)
    page.set_input_files(
        "#photo",
        {
            "name": "b.jpg",
            "mimeType": "image/jpeg",
            "buffer": photo_of("scarf", "lime"),
        },
    )
    expect(page.locator("#results-title")).to_have_text(re.compile("No garment found"))
    expect(page).to_have_url(re.compile("/search/$"))
    expect_box(page, "the whole photo")
    expect_preview(page)
    shop.finding = WHOLE_PICTURE
    page.get_by_role("button", name="Choose a part of the photo").click()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/[\w-]{16,}/"))


def test_a_colour_dot_shows_the_look_in_it(page, shop):
    shop.finding = WHOLE_PICTURE
    page.goto("/search/")
    file = photo_of("dress", (210, 20, 20))
    page.set_input_files(
        "#photo", {"name": "c.jpg", "mimeType": "image/jpeg", "buffer": file}
    )
    expect_first(page, "red dress")
    page.get_by_role("link", name="In blue").click()
    expect_first(page, "blue dress")
    chosen = page.get_by_role("link", name="In blue")
    expect(chosen).to_have_attribute("aria-current", "true")
