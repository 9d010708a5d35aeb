"""What the pages say when a request fails: the cause, and nothing of a proxy's page."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from fashionlens.storefront.tests.browser.steps import (
    bring,
    expect_preview,
    expect_results,
    file_of,
)

PROXY_PAGE = "<html><body><h1>Bad things at nginx/1.2</h1></body></html>"


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Return a page whose console may show the failures."""
    return context.new_page()


def _break_posts(page: Page, **answer) -> None:
    page.route(
        "**/search/",
        lambda route: (
            route.fulfill(**answer)
            if route.request.method == "POST"
            else route.continue_()
        ),
    )


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (413, {}, "too large to be sent"),
        (429, {"Retry-After": "7"}, "too many searches.*in 7 seconds"),
        (502, {}, "cannot be reached"),
        (503, {"Retry-After": "3"}, "busy.*in 3 seconds"),
        (504, {}, "cannot be reached"),
        (500, {}, "went wrong in the shop"),
        (403, {}, "Reload"),
        (200, {}, "login of your network"),
    ],
)
def test_the_answer_of_a_proxy_becomes_a_sentence(page, shop, status, headers, words):
    page.goto("/search/")
    _break_posts(
        page, status=status, headers=headers, content_type="text/html", body=PROXY_PAGE
    )
    bring(page, "drop", file_of(shop[0]))
    expect(page.locator("#photo-message")).to_have_text(re.compile(words))
    expect(page.get_by_text("nginx")).to_have_count(0)
    page.unroute("**/search/")
    bring(page, "drop", file_of(shop[0]))
    expect_results(page, shop[0])


def test_a_lost_connection_keeps_the_results(page, shop):
    page.goto("/search/")
    bring(page, "drop", file_of(shop[0]))
    expect_results(page, shop[0])
    page.route("**/search/", lambda route: route.abort())
    bring(page, "drop", file_of(shop[1]))
    expect(page.locator("#photo-message")).to_have_text(re.compile("Check your conn"))
    expect_results(page, shop[0])
    expect_preview(page)


def test_a_search_can_be_cancelled(page, shop):
    page.goto("/search/")
    page.route("**/search/", lambda route: None)  # no answer
    bring(page, "drop", file_of(shop[0]))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(page.locator("#preview")).to_be_hidden()
    page.unroute("**/search/")
    bring(page, "drop", file_of(shop[1]))
    expect_results(page, shop[1])


def test_filters_that_cannot_be_loaded_say_so(page, shop):
    page.route(
        re.compile("/filters/"),
        lambda route: route.fulfill(
            status=503, content_type="text/html", body=PROXY_PAGE
        ),
    )
    page.goto("/")
    expect(page.get_by_role("alert").filter(has_text="busy")).to_be_visible()
    expect(page.get_by_text("nginx")).to_have_count(0)
