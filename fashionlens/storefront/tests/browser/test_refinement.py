"""Refine a search: words, more and less like this, expired searches."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from catalog.tests.factories import make_photo_bytes
from fashionlens.storefront.tests.browser.steps import (
    expect_preview,
    expect_results,
    file_of,
)
from search.query import start
from search.tests.shop import make_garments


@pytest.fixture
def shop(live_server, embed):
    return make_garments(embed)


def choose(page: Page, product) -> None:
    page.goto("/search/")
    page.set_input_files("#photo", file_of(product))
    expect_results(page, product)


def titles(page: Page) -> list[str]:
    return page.locator("#results .card-title").all_inner_texts()


def test_words_refine_the_results_without_a_new_upload(page, shop):
    choose(page, shop["red"])
    query = page.url
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.locator("#refinement-words").fill("navy")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{query}?words=navy")
    expect(page.locator("#results-title")).to_have_text(
        re.compile("Like your photo, and “navy”")
    )
    expect(page.locator("#refinement-words")).to_have_value("navy")
    expect_preview(page)
    assert not [line for line in sent if re.match("POST .*/search/", line)]
    page.locator("#refinement-words").fill("zeppelin")
    page.keyboard.press("Enter")
    expect(page.locator("#results .notice")).to_contain_text("by their look only")
    page.go_back()
    expect(page.locator("#refinement-words")).to_have_value("navy")


def test_words_are_searched_with_a_photo_or_alone(page, shop):
    page.goto("/search/")
    page.locator("#refinement-words").fill("hat")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?words=hat$"))
    expect(page.locator("#preview")).to_be_hidden()
    page.goto("/search/")
    page.locator("#refinement-words").fill("navy")
    page.set_input_files("#photo", file_of(shop["red"]))
    expect(page).to_have_url(re.compile(r"\?words=navy$"))
    expect_preview(page)
    page.goto("/search/")
    page.locator("#refinement-words").fill("zeppelin")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No product has the words “zeppelin”.")).to_be_visible()
    page.wait_for_load_state()  # the link opens the dialogue once the scripts are there
    with page.expect_file_chooser() as chooser:
        page.get_by_role("link", name="Choose a photo").click()
    chooser.value.set_files(file_of(shop["red"]))
    expect_results(page, shop["red"])


def test_more_and_less_like_this_can_be_added_and_removed(page, shop):
    choose(page, shop["red"])
    before = titles(page)
    pink, hat = shop["pink"].title, shop["hat"].title
    page.get_by_role("link", name=f"More like this: {pink}").click()
    chips = page.locator(".refining")
    expect(chips.get_by_text(f"More like {pink}")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?like=pink$"))
    page.get_by_role("link", name=f"Less like this: {hat}").click()
    expect(chips.get_by_role("link")).to_have_count(2)
    expect(page.locator("#results .card-title", has_text=hat)).to_have_count(0)
    expect(chips.locator("img")).to_have_count(2)
    expect_preview(page)
    chips.get_by_role("link", name=f"Remove: Less like {hat}").click()
    expect(page).to_have_url(re.compile(r"\?like=pink$"))
    page.get_by_role("link", name="More like this, chosen").click()
    expect(chips).to_have_count(0)
    assert titles(page) == before


def test_refinements_work_without_script(context_without_script, shop):
    tab = context_without_script.new_page()
    tab.goto("/search/")
    tab.locator("#refinement-words").fill("dress")
    tab.get_by_role("region", name="Results").get_by_role("button").click()
    tab.get_by_role("link", name=f"More like this: {shop['red'].title}").click()
    expect(tab).to_have_url(re.compile(r"words=dress&like=red$"))
    tab.locator("#refinement-words").fill("")
    tab.locator(".listing-head button").click()
    expect(tab.locator("#results-title")).to_contain_text(
        "More like the products you chose"
    )
    tab.get_by_role("link", name="Remove: More like").click()
    expect(tab.get_by_text("How it works")).to_be_visible()


def test_an_expired_search_is_repeated_with_the_photo_kept_in_the_tab(page, shop):
    choose(page, shop["red"])
    page.locator("#refinement-words").fill("dress")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("words=dress"))
    expired = page.url
    cache.clear()
    page.goto("/")
    page.goto("/search/")
    page.evaluate("address => location.assign(address)", expired)
    expect(page.get_by_role("heading", name="This search has expired")).to_be_visible()
    expect_preview(page)
    page.get_by_role("button", name="Repeat the search").click()
    expect(page.locator("#results .card").first).to_contain_text(shop["red"].title)
    expect(page).to_have_url(re.compile(r"/\?words=dress$"))
    assert page.url != expired


def test_a_shared_link_shows_results_without_the_photo(page, context, shop):
    choose(page, shop["red"])
    expect(page.get_by_text("the shop does not keep photos")).to_be_hidden()
    other = context.new_page()
    other.goto(page.url)
    expect_results(other, shop["red"])
    expect(other.get_by_text("the shop does not keep photos")).to_be_visible()
    expect(other.locator("#preview")).to_be_hidden()


def test_a_photo_address_can_be_searched_if_the_shop_allows_it(
    page,
    shop,
    settings,
    monkeypatch,
):
    page.goto("/search/")
    expect(page.get_by_text("A photo's web address")).to_have_count(0)
    settings.SEARCH_ADDRESSES = True
    blue = make_photo_bytes("blue")
    monkeypatch.setattr(start, "fetch_photo", lambda _: blue)
    choose(page, shop["red"])
    page.get_by_text("A photo's web address").click()
    page.get_by_label("Web address of a photo").fill("https://photos.example/a.jpg")
    page.keyboard.press("Enter")
    expect_results(page, shop["blue"])
    expect(page.locator("#preview")).to_be_hidden()
