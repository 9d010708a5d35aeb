"""Back and forward, repeated searches and lost connections."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fashionlens.storefront.tests.browser.steps import expect_results, file_of


@pytest.fixture
def files(shop, tmp_path) -> list[Path]:
    """Return paths of photos: the browser recognises a chosen file by its path."""
    paths = [tmp_path / f"{n}.jpg" for n in range(2)]
    for path, product in zip(paths, shop, strict=False):
        path.write_bytes(file_of(product)["buffer"])
    return paths


def test_the_same_photo_can_be_chosen_twice(page, shop, files):
    page.goto("/search/")
    page.set_input_files("#photo", files[0])
    expect_results(page, shop[0])
    page.set_input_files("#photo", files[1])
    expect_results(page, shop[1])
    page.go_back()
    expect_results(page, shop[0])
    page.set_input_files("#photo", files[1])
    expect_results(page, shop[1])


def test_going_back_restores_sorting_and_filters(page, shop):
    page.goto("/")
    page.get_by_label("Sort").select_option("Price, low to high")
    expect(page).to_have_url(re.compile("sort=price_up"))
    page.go_back()
    expect(page.get_by_label("Sort")).to_have_value("newest")
    page.get_by_role("checkbox", name="Hats").check()
    expect(page).to_have_url(re.compile("category=hat"))
    expect(page.locator("#listing .card")).to_have_count(3)
    page.go_back()
    expect(page.locator("#listing .card")).to_have_count(8)
    expect(page.get_by_role("checkbox", name="Hats")).not_to_be_checked()


def test_a_page_restored_from_the_browser_cache_resets_its_forms(page, shop):
    page.goto("/")
    page.evaluate("addEventListener('submit', (event) => event.preventDefault())")
    page.get_by_label("Sort").select_option("Price, low to high")
    page.get_by_label("Search by words").fill("hat")
    page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )
    expect(page.get_by_label("Sort")).to_have_value("newest")
    expect(page.get_by_label("Search by words")).to_have_value("")


def test_a_link_without_a_connection_shows_an_error_in_view(context, shop):
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[0]))
    expect_results(page, shop[0])
    less = page.get_by_role("link", name="Less like this").last
    less.scroll_into_view_if_needed()
    context.set_offline(True)
    less.click()
    message = page.get_by_text("The shop did not answer")
    expect(message).to_be_in_viewport()
    context.set_offline(False)
    less.click()
    expect(page).to_have_url(re.compile("dislike="))
    expect(message).to_be_hidden()


def test_going_back_offline_does_not_show_the_results_of_another_search(
    context,
    shop,
    files,
):
    page = context.new_page()
    page.goto("/search/")
    for path, product in zip(files, shop, strict=False):
        page.set_input_files("#photo", path)
        expect_results(page, product)
    context.set_offline(True)
    page.evaluate("history.back()")
    expect(page.locator("#results")).to_have_count(0)
