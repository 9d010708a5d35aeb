"""Filters beside lists and results: applied at once, a sheet on phones."""

import re

import pytest
from playwright.sync_api import expect

from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.storefront.tests.browser.steps import expect_results, file_of

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def priced(shop, embed):
    """Add a cheap and a dear product to the shop."""
    products = {
        "cheap": make_product(price_cents=500, photo=make_photo_bytes((40, 40, 90))),
        "dear": make_product(price_cents=90_000, photo=make_photo_bytes((50, 40, 90))),
    }
    embed()
    return products


def test_a_list_is_narrowed_at_once_and_keeps_its_place(page, priced):
    page.goto("/")
    cards = page.locator("#listing .card")
    expect(cards).to_have_count(10)
    page.get_by_role("checkbox", name="Hats").check()
    expect(cards).to_have_count(3)
    expect(page).to_have_url(re.compile(r"/\?category=hat"))
    expect(page.get_by_role("heading", name="Seen something")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Hats")).to_be_checked()
    page.get_by_role("link", name="Remove: Hats").click()
    expect(cards).to_have_count(10)
    expect(page.get_by_role("checkbox", name="Hats")).not_to_be_checked()
    # An end that is moved is sent, the other is not.
    page.get_by_label("Highest price").fill("50")
    expect(cards).to_have_count(9)
    expect(page).to_have_url(re.compile(r"price_to=50(?!\d)"))
    expect(page.locator(".chosen")).to_contain_text("Up to €50")
    page.get_by_label("from", exact=True).fill("10")
    page.keyboard.press("Enter")
    expect(cards).to_have_count(8)
    expect(page.get_by_label("Lowest price")).to_have_value("10")


def test_results_of_a_photo_are_filtered_and_sorted(page, priced):
    page.goto("/search/")
    expect(page.locator("#filters")).to_be_hidden()
    page.set_input_files("#photo", file_of(priced["cheap"]))
    expect(page.locator("#results .card")).to_have_count(10)
    page.get_by_label("Sort").select_option("Price, high to low")
    first = page.locator("#results .card-price").first
    expect(first).to_have_text("€900.00")
    page.get_by_label("Highest price").fill("50")
    expect(page.locator("#results .card")).to_have_count(9)
    expect(page).to_have_url(re.compile("sort=price_down"))
    expect(page.locator("#preview")).to_be_visible()
    page.get_by_role("link", name="Remove: Up to €50").click()
    expect(first).to_have_text("€900.00")
    page.get_by_role("checkbox", name="Hats").check()
    expect(page.locator("#results .card")).to_have_count(3)
    page.go_back()
    expect(page.locator("#results .card")).to_have_count(10)
    expect(page.get_by_role("checkbox", name="Hats")).not_to_be_checked()


def test_the_filters_are_a_sheet_on_a_phone(page, priced):
    page.set_viewport_size(PHONE)
    page.goto("/search/")
    page.set_input_files("#photo", file_of(priced["cheap"]))
    expect_results(page, priced["cheap"])
    opener = page.locator("#filters summary")
    opener.click()
    hats = page.get_by_role("checkbox", name="Hats")
    hats.check()
    expect(page.locator("#results .card")).to_have_count(3)
    expect(hats).to_be_checked()
    page.get_by_role("button", name="Show").click()
    expect(hats).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.keyboard.press("Escape")
    expect(hats).to_be_hidden()
    opener.click()
    page.mouse.click(195, 30)
    expect(hats).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
