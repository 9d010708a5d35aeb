"""A product's page: its photos, and favourites."""

import pytest
from playwright.sync_api import expect

from catalog.photos.store import add_photo
from catalog.tests.factories import make_photo_bytes


@pytest.fixture
def coat(shop):
    for colour in ("red", "green"):
        add_photo(product=shop[0], data=make_photo_bytes(colour))
    return shop[0]


def test_photos_change_by_key_thumbnail_and_finger(page, coat):
    page.goto(coat.get_absolute_url())
    thumbs = page.locator(".thumbs a")
    expect(thumbs.nth(0)).to_have_attribute("aria-current", "true")
    page.locator(".gallery-track").focus()
    page.keyboard.press("ArrowRight")
    expect(thumbs.nth(1)).to_have_attribute("aria-current", "true")
    thumbs.nth(2).click()
    expect(thumbs.nth(2)).to_have_attribute("aria-current", "true")
    page.evaluate("document.querySelector('.gallery-track').scrollTo({ left: 0 })")
    expect(thumbs.nth(0)).to_have_attribute("aria-current", "true")


def test_the_search_takes_the_photo_in_view(page, coat):
    page.goto(coat.get_absolute_url())
    page.locator(".thumbs a").nth(1).click()
    expect(page.locator(".thumbs a").nth(1)).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Search with this photo").click()
    page.wait_for_url(f"**image={coat.images.all()[1].pk}*")


def test_a_photo_opens_large_and_closes(page, coat):
    page.goto(coat.get_absolute_url())
    page.locator(".gallery-track a").first.click()
    zoom = page.locator("dialog.zoom")
    expect(zoom).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Enlarge").click()
    expect(page.locator(".zoom-area")).to_have_class("zoom-area near")
    second = coat.images.all()[1].file.url
    assert page.locator(".zoom-area img").get_attribute("src").endswith(second)
    page.keyboard.press("Escape")
    expect(zoom).to_be_hidden()
    expect(page.locator(".thumbs a").nth(1)).to_have_attribute("aria-current", "true")


def test_photos_can_be_reached_without_script(context_without_script, coat):
    page = context_without_script.new_page()
    page.goto(coat.get_absolute_url())
    for number, image in enumerate(coat.images.all()):
        link = page.locator(".gallery-track a").nth(number)
        assert link.get_attribute("href") == image.file.url
    page.locator(".thumbs a").nth(2).click()
    expect(page.locator(".gallery-track a").nth(2)).to_be_in_viewport()


def test_favourites_are_kept_in_the_browser(page, context, shop):
    page.goto(shop[0].get_absolute_url())
    mark = page.get_by_role("button", name="Favourite")
    mark.dblclick()
    expect(mark).to_have_attribute("aria-pressed", "true")
    other = context.new_page()
    other.goto(shop[1].get_absolute_url())
    other.get_by_role("button", name="Favourite").click()
    expect(page.locator(".favourites-count")).to_have_text("2")
    page.goto("/favourites/")
    expect(page.locator(".card-title")).to_have_text([shop[1].title, shop[0].title])
    page.locator("[data-favourite]").first.click()
    page.reload()
    expect(page.locator(".card-title")).to_have_text([shop[0].title])
    page.locator("[data-favourite]").first.click()
    page.reload()
    expect(page.get_by_text("There are no favourites yet")).to_be_visible()
    expect(page.locator(".favourites-count")).to_be_hidden()


def test_favourites_survive_what_else_is_stored(page, shop):
    page.goto("/")
    page.evaluate("localStorage.setItem('favourites', '{\"no\": 1}')")
    page.goto(shop[0].get_absolute_url())
    page.get_by_role("button", name="Favourite").click()
    expect(page.locator(".favourites-count")).to_have_text("1")


def test_a_shop_that_does_not_answer_loses_no_favourite(page, shop):
    page.goto(shop[0].get_absolute_url())
    page.get_by_role("button", name="Favourite").click()
    page.route(
        "**/favourites/?*",
        lambda route: route.fulfill(
            status=200, body="<html>Wi-Fi login</html>", content_type="text/html"
        ),
    )
    page.goto("/favourites/")
    expect(page.get_by_text("The shop did not answer")).to_be_visible()
    page.unroute("**/favourites/?*")
    page.reload()
    expect(page.locator(".card-title")).to_have_text([shop[0].title])
