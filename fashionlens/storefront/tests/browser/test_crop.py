"""Searches with a part of a photo."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from catalog.photos.store import add_photo
from catalog.tests.factories import make_product
from fashionlens.storefront import search_views
from fashionlens.storefront.tests.browser.steps import (
    expect_preview,
    expect_results,
    file_of,
)
from ml.preprocess import read_photo
from search.index.encoders import network_of

RED, BLUE, LIME = (200, 20, 20), (20, 20, 200), (40, 250, 40)


def jpeg(picture: Image.Image, **options) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


@pytest.fixture
def shop(live_server, embed, fake_encoder, monkeypatch):
    """Return products by colour; each photo is one colour and all count as similar."""
    bands = [("same item", 0.02), ("similar", 2.0)]
    monkeypatch.setattr(type(network_of(fake_encoder)), "bands", bands)
    products = {
        name: make_product(
            sku=name,
            title=f"{name} dress",
            photo=jpeg(Image.new("RGB", (90, 120), colour)),
        )
        for name, colour in (("red", RED), ("blue", BLUE), ("lime", LIME))
    }
    embed()
    return products


@pytest.fixture
def starts(monkeypatch) -> list:
    """Return the list of starts that the page's searches are made with."""
    made = []
    search = search_views.start_search

    def spy(start, wish):
        made.append(start)
        return search(start, wish)

    monkeypatch.setattr(search_views, "start_search", spy)
    return made


def two_garments(orientation: int = 1) -> dict:
    """Return a photo of 300 x 400 pixels: red above blue when upright."""
    picture = Image.new("RGB", (300, 400), RED)
    picture.paste(BLUE, (0, 200, 300, 400))
    exif = Image.Exif()
    exif[0x0112] = orientation
    if orientation == 6:  # a phone held upright stores it lying
        picture = picture.rotate(90, expand=True)
    data = jpeg(picture, exif=exif.tobytes())
    return {"name": "two.jpg", "mimeType": "image/jpeg", "buffer": data}


def choose(page: Page, file: dict) -> None:
    page.goto("/search/")
    page.set_input_files("#photo", file)
    expect(page.locator("#results .card")).to_have_count(3)
    expect_preview(page)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over the picture; coordinates are fractions of its size."""
    page.evaluate("scrollTo(0, 0)")
    box = page.locator("crop-box").bounding_box()
    (x0, y0), (x1, y1) = (
        (box["x"] + x * box["width"], box["y"] + y * box["height"])
        for x, y in (start, end)
    )
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.mouse.move(x1, y1)
    page.mouse.up()


def expect_first(page: Page, title: str) -> None:
    expect(page.locator("#results .card-title").first).to_have_text(title)


def crop_frame(page: Page) -> Locator:
    return page.locator(".crop-frame")


@pytest.mark.parametrize("orientation", [1, 6])
def test_releasing_the_box_uploads_only_the_part(page, shop, starts, orientation):
    choose(page, two_garments(orientation))
    expect(crop_frame(page)).to_have_attribute("aria-label", re.compile("the whole"))
    first = page.url
    drag(page, (0.5, 0), (0.5, 0.55))  # the upper edge
    expect_first(page, "blue dress")
    expect(page).not_to_have_url(first)
    whole, part = (read_photo(start.photo) for start in starts)
    assert whole.size == (300, 400)
    assert part.width == 300 and 178 <= part.height <= 182
    assert all(
        abs(a - b) < 12 for a, b in zip(part.getpixel((9, 2)), BLUE, strict=True)
    )
    assert b"Exif" not in starts[1].photo and starts[1].box is None
    expect(crop_frame(page)).to_have_attribute("aria-label", re.compile("55 to 100"))
    page.get_by_role("button", name="Upper half").click()
    expect_first(page, "red dress")
    page.go_back()
    expect_first(page, "blue dress")
    expect(crop_frame(page)).to_have_attribute("aria-label", re.compile("55 to 100"))
    page.reload()
    expect(crop_frame(page)).to_have_attribute("aria-label", re.compile("55 to 100"))
    part_url = page.url
    page.get_by_role("button", name="Whole photo").click()
    expect(page).not_to_have_url(part_url)
    expect(crop_frame(page)).to_have_attribute("aria-label", re.compile("the whole"))
    assert read_photo(starts[-1].photo).size == (300, 400)
    assert not any(start.box for start in starts)


def test_a_box_can_be_drawn_and_moved_and_keeps_a_minimum_size(page, shop, starts):
    choose(page, two_garments())
    drag(page, (0.3, 0.1), (0.31, 0.11))  # a click is no box
    expect(crop_frame(page)).to_have_attribute("aria-label", re.compile("the whole"))
    drag(page, (0.2, 0.1), (0.8, 0.4))
    expect_first(page, "red dress")
    drag(page, (0.5, 0.25), (0.5, 0.95))
    expect_first(page, "blue dress")
    label = re.compile("20 to 80 per cent across, 70 to 100 ")
    expect(crop_frame(page)).to_have_attribute("aria-label", label)
    page.wait_for_load_state("networkidle")
    third = page.url
    drag(page, (0.8, 0.85), (0.1, 0.85))
    expect(page).not_to_have_url(third)
    box = crop_frame(page).bounding_box()
    assert box["width"] >= 39 and box["height"] >= 39
    assert len(starts) == 4


def test_the_box_can_be_moved_and_resized_with_keys(page, shop, starts):
    choose(page, two_garments())
    crop_frame(page).focus()
    for _ in range(30):
        page.keyboard.press("Shift+ArrowUp")
    for _ in range(40):
        page.keyboard.press("ArrowDown")
    label = re.compile("0 to 100 per cent across, 60 to 100 per cent down")
    expect(crop_frame(page)).to_have_attribute("aria-label", label)
    assert len(starts) == 1  # nothing yet
    first = page.url
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(first)
    expect_first(page, "blue dress")
    expect(crop_frame(page)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(crop_frame(page)).to_have_attribute("aria-label", label)
    assert len(starts) == 2


def test_searching_with_a_part_keeps_words_and_filters(page, shop, starts):
    choose(page, two_garments())
    page.locator("#refinement-words").fill("dress")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("words=dress"))
    first = page.url
    drag(page, (0.5, 0), (0.5, 0.6))
    expect(page).not_to_have_url(first)
    expect_first(page, "blue dress")
    expect(page).to_have_url(re.compile(r"/\?words=dress$"))
    page.set_input_files("#photo", file_of(shop["lime"]))
    expect_results(page, shop["lime"])  # another photo starts anew


def test_a_part_of_a_product_photo_is_cropped_by_the_server(page, shop, starts, embed):
    image = add_photo(product=shop["lime"], data=two_garments()["buffer"])
    embed()
    page.goto(shop["lime"].get_absolute_url())
    page.locator(".thumbs a").nth(1).click()
    expect(page.locator(".thumbs a").nth(1)).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Search with this photo").click()
    expect(page).to_have_url(re.compile(rf"/search/\?product=lime&image={image.pk}$"))
    expect_preview(page)
    drag(page, (0.5, 1), (0.5, 0.45))
    expect_first(page, "red dress")
    [start] = starts
    assert (start.product, start.image, start.photo) == ("lime", image.pk, None)
    assert start.box.bottom == pytest.approx(0.45, abs=0.01)
    expect(page.locator("#results-title")).to_contain_text("a part of lime dress")
    page.reload()
    expect(crop_frame(page)).to_have_attribute("aria-label", re.compile("0 to 45 "))
    page.set_input_files("#photo", file_of(shop["blue"]))
    expect_results(page, shop["blue"])
    assert not starts[-1].product
    page.go_back()
    expect_first(page, "red dress")
    expect(crop_frame(page)).to_have_attribute("aria-label", re.compile("0 to 45 "))


def test_a_part_of_a_product_photo_works_without_script(context_without_script, shop):
    page = context_without_script.new_page()
    add_photo(product=shop["lime"], data=two_garments()["buffer"])
    image = shop["lime"].images.last()
    page.goto(f"/search/?product=lime&image={image.pk}")
    page.get_by_role("button", name="Lower half").click()
    expect_first(page, "blue dress")
    page.get_by_role("button", name="Upper half").click()
    expect_first(page, "red dress")
    expect(page.locator("#photo")).to_be_hidden()
    page.get_by_role("link", name="Search with a photo of your own").click()
    expect(page.locator("#photo")).to_be_visible()
