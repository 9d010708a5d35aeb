"""Impressions and clicks that the browser reports."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from catalog.tests.factories import make_category, make_photo_bytes, make_product
from fashionlens.storefront.tests.browser.steps import file_of
from search.models import Event


@pytest.fixture
def shop(live_server, embed):
    shoes = make_category("Shoes", "shoes")
    products = [make_product(photo=make_photo_bytes((n, 9, 9))) for n in range(14)]
    for n in range(6):
        make_product(photo=make_photo_bytes((n, n, n)), category=shoes)
    embed()
    return products


def reported(count: int, **fields) -> list[Event]:
    """Wait for the events: the beacon arrives some time after the page is left."""
    for _ in range(100):
        events = list(Event.objects.filter(**fields).order_by("id"))
        if len(events) >= count:
            return events
        time.sleep(0.05)
    raise AssertionError(f"{len(events)} of {count} events: {fields}")


def leave(page: Page) -> None:
    page.goto("about:blank")


def test_cards_in_view_are_reported_when_the_page_is_left(page, shop):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"/products/{shop[0].slug}/")
    page.locator("#similar-title").scroll_into_view_if_needed()
    page.locator(".similar .card").nth(11).scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert not Event.objects.exists()
    leave(page)
    (similar,) = reported(1, listing="similar")
    assert (similar.kind, similar.position) == ("impression", 1)
    assert len(similar.products) == 12 and similar.asked_from == shop[0].pk


def test_cards_out_of_view_are_not_reported(page, shop):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/products/{shop[0].slug}/")
    page.locator("#outfit-title").scroll_into_view_if_needed()
    page.locator(".strip .card").first.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    leave(page)
    (outfit,) = reported(1, listing="goes_with")
    assert len(outfit.products) == 2  # of three; the third shows a strip of itself


def test_a_click_is_reported_once_and_leaves_a_plain_address(page, shop):
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[3]))
    expect(page.locator("#results .card").first).to_contain_text(shop[3].title)
    page.locator("#results .card-title a").nth(1).click()
    expect(page.locator(".product-facts h1")).to_be_visible()
    (click,) = reported(1, kind="click")
    assert (click.listing, click.position) == ("photo", 2)
    reported(1, kind="impression", listing="photo")
    expect(page).not_to_have_url(re.compile(r"\?"))
    page.reload()
    expect(page.locator(".product-facts h1")).to_be_visible()
    assert Event.objects.filter(kind="click").count() == 1


def test_a_filtered_list_is_reported_again(page, shop):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[3]))
    expect(page.locator("#results .card").first).to_contain_text(shop[3].title)
    page.get_by_role("checkbox", name="Shoes").check()
    expect(page.locator("#results-title")).to_contain_text("Shoes")
    page.wait_for_timeout(300)
    leave(page)
    all_, narrowed = reported(2, listing="photo")
    assert all_.query == narrowed.query and all_.position == narrowed.position == 1
    assert all_.products[0] == shop[3].pk != narrowed.products[0]


def test_a_click_is_recorded_without_script(context_without_script, shop):
    tab = context_without_script.new_page()
    tab.goto(f"/products/{shop[0].slug}/")
    tab.locator(".similar .card-title a").nth(2).click()
    tab.wait_for_url("**/products/*/?q=*&p=3")
    (click,) = reported(1, kind="click")
    assert (click.listing, click.position) == ("similar", 3)
    assert not Event.objects.filter(kind="impression").exists()
    tab.get_by_role("link", name="What goes with it").click()
    tab.goto("/")
    tab.get_by_role("button", name="Forget these").click()
    expect(tab.get_by_text("Because you looked at")).to_have_count(0)


def test_tab_scrolls_a_strip_to_the_focused_card(page, shop):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/products/{shop[0].slug}/")
    links = page.locator(".similar .strip .card-title a")
    last = page.locator(".similar .strip .card").last
    box = last.bounding_box()
    assert box["x"] + box["width"] > 390
    links.first.focus()
    for _ in range(links.count() - 1):
        page.keyboard.press("Tab")
    expect(links.last).to_be_focused()
    page.wait_for_timeout(300)
    box = last.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
