"""Layout, keyboard order and controls of every page."""

import re

import pytest
from playwright.sync_api import expect

from catalog.tests.factories import make_product
from fashionlens.storefront.tests.browser.steps import expect_results, file_of


def test_tab_reaches_the_controls_in_order(page, shop):
    page.goto("/search/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#photo")).to_be_focused()
    page.set_input_files("#photo", file_of(shop[3]))
    expect_results(page, shop[3])
    page.locator("#refinement-words").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.locator("#results .chips a").first).to_be_focused()
    page.locator(".crop-frame").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Whole photo")).to_be_focused()


def test_choosing_a_sort_order_reloads_the_list(page, shop):
    page.goto("/")
    page.get_by_label("Sort").select_option("Price, low to high")
    expect(page).to_have_url(re.compile("sort=price_up"))


@pytest.mark.parametrize("address", ["/", "/?q=nothing", "/search/", "/products/{}/"])
def test_no_page_is_wider_than_a_small_phone(browser, live_server, shop, address):
    title = "Extraordinarilylongwordwithoutanybreak" * 4
    wide = make_product(title=title, brand="B" * 80, photo=True)
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(live_server.url + address.format(wide.slug))
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    context.close()


def test_results_are_not_wider_than_a_small_phone(page, shop):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[0]))
    expect_results(page, shop[0])
    assert page.evaluate("document.documentElement.scrollWidth") == 320
