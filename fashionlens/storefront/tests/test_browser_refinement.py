"""Words, more and less like this, and searches that are over, in a real browser."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from catalog.tests.factories import make_photo_bytes
from fashionlens.storefront.tests.test_browser import (  # noqa: F401  (fixtures)
    browser,
    context,
    expect_preview,
    expect_results,
    file_of,
    page,
    pytestmark,
)
from search.query import start
from search.tests.shop import make_garments


@pytest.fixture
def shop(live_server, embed):
    return make_garments(embed)


def choose(page: Page, product) -> None:  # noqa: F811
    page.goto("/search/")
    page.set_input_files("#photo", file_of(product))
    expect_results(page, product)


def titles(page: Page) -> list[str]:  # noqa: F811
    return page.locator("#results .card-title").all_inner_texts()


def test_words_refine_the_results_without_a_new_upload(page, shop):  # noqa: F811
    choose(page, shop["red"])
    query = page.url
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.locator("#beside").fill("navy")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{query}?words=navy")
    expect(page.locator("#results-title")).to_have_text(
        re.compile("Like your photo, and “navy”")
    )
    expect(page.locator("#beside")).to_have_value("navy")
    expect_preview(page)
    assert not [line for line in sent if re.match("POST .*/search/", line)]
    page.locator("#beside").fill("zeppelin")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("These are by their looks alone.")
    page.go_back()
    expect(page.locator("#beside")).to_have_value("navy")


def test_words_go_with_a_photo_or_alone(page, shop):  # noqa: F811
    page.goto("/search/")
    page.locator("#beside").fill("hat")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?words=hat$"))
    expect(page.locator("#preview")).to_be_hidden()
    page.goto("/search/")
    page.locator("#beside").fill("navy")
    page.set_input_files("#photo", file_of(shop["red"]))
    expect(page).to_have_url(re.compile(r"\?words=navy$"))
    expect_preview(page)
    page.goto("/search/")
    page.locator("#beside").fill("zeppelin")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No product has the words “zeppelin”.")).to_be_visible()
    page.wait_for_load_state()  # the link opens the dialogue once the scripts are there
    with page.expect_file_chooser() as chooser:
        page.get_by_role("link", name="Choose a photo").click()
    chooser.value.set_files(file_of(shop["red"]))
    expect_results(page, shop["red"])


def test_more_and_less_like_this_are_chosen_and_taken_away(page, shop):  # noqa: F811
    choose(page, shop["red"])
    before = titles(page)
    pink, hat = shop["pink"].title, shop["hat"].title
    page.get_by_role("link", name=f"More like this: {pink}").click()
    chips = page.locator(".wished")
    expect(chips.get_by_text(f"More like {pink}")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?like=pink$"))
    page.get_by_role("link", name=f"Less like this: {hat}").click()
    expect(chips.get_by_role("link")).to_have_count(2)
    expect(page.locator("#results .card-title", has_text=hat)).to_have_count(0)
    expect(chips.locator("img")).to_have_count(2)
    expect_preview(page)
    chips.get_by_role("link", name=f"Take away: Less like {hat}").click()
    expect(page).to_have_url(re.compile(r"\?like=pink$"))
    page.get_by_role("link", name="More like this, chosen").click()
    expect(chips).to_have_count(0)
    assert titles(page) == before


def test_all_that_refines_works_without_script(browser, live_server, shop):  # noqa: F811
    plain = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    tab = plain.new_page()
    tab.goto("/search/")
    tab.locator("#beside").fill("dress")
    tab.get_by_role("region", name="Results").get_by_role("button").click()
    tab.get_by_role("link", name=f"More like this: {shop['red'].title}").click()
    expect(tab).to_have_url(re.compile(r"words=dress&like=red$"))
    tab.locator("#beside").fill("")
    tab.locator(".listing-head button").click()
    expect(tab.locator("#results-title")).to_contain_text("More like what you chose")
    tab.get_by_role("link", name="Take away: More like").click()
    expect(tab.get_by_text("How it works")).to_be_visible()
    plain.close()


def test_a_tab_that_has_the_photo_sends_it_again(page, shop):  # noqa: F811
    choose(page, shop["red"])
    page.locator("#beside").fill("dress")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("words=dress"))
    over = page.url
    cache.clear()
    page.goto("/")
    page.goto("/search/")
    page.evaluate("address => location.assign(address)", over)
    expect(page.get_by_role("heading", name="This search is over")).to_be_visible()
    expect_preview(page)
    page.get_by_role("button", name="Search with it again").click()
    expect(page.locator("#results .card").first).to_contain_text(shop["red"].title)
    expect(page).to_have_url(re.compile(r"/\?words=dress$"))
    assert page.url != over


def test_a_shared_link_shows_results_without_the_photo(page, context, shop):  # noqa: F811
    choose(page, shop["red"])
    expect(page.get_by_text("The shop does not keep photos")).to_be_hidden()
    other = context.new_page()
    other.goto(page.url)
    expect_results(other, shop["red"])
    expect(other.get_by_text("The shop does not keep photos")).to_be_visible()
    expect(other.locator("#preview")).to_be_hidden()


def test_an_address_can_be_given_where_the_shop_wants_it(
    page,  # noqa: F811
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
