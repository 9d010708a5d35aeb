"""Search by words: suggestions by mouse and keyboard, filters."""

import re

import pytest
from playwright.sync_api import Page, expect

from catalog.tests.factories import make_category, make_product


@pytest.fixture
def shop(live_server, fake_encoder) -> None:
    make_product(title="Linen dress", slug="linen-dress", brand="Acme")
    make_product(title="Sun hat", category=make_category("Hats", "hat"))


def test_suggestions_are_chosen_with_the_keyboard(page: Page, shop):
    page.goto("/")
    field = page.get_by_role("combobox", name="Search by words")
    field.press_sequentially("dre")
    options = page.locator("#suggestions [role=option]")
    expect(options).to_have_text([re.compile("Dresses"), re.compile("Linen dress")])
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "suggestion-1")
    field.press("ArrowUp")  # back in the field
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    field.press("ArrowUp")  # the last
    expect(options.last).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    expect(page).to_have_url(re.compile("/products/linen-dress/$"))


def test_escape_and_leaving_the_field_close_the_list(page: Page, shop):
    page.goto("/")
    field = page.get_by_role("combobox", name="Search by words")
    options = page.locator("#suggestions [role=option]")
    for leave in ("Escape", "Tab"):
        field.fill("hat")
        expect(options).to_have_count(2)
        field.press(leave)
        if leave == "Tab":  # to the search button, which belongs to the form
            page.keyboard.press("Tab")
        expect(page.locator("#suggestions")).to_be_hidden()
        expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("hat")


def test_clicking_a_suggestion_opens_it_and_enter_searches(page: Page, shop):
    page.goto("/")
    field = page.get_by_role("combobox", name="Search by words")
    field.fill("hat")
    page.get_by_role("option", name="Hats").click()
    expect(page).to_have_url(re.compile(r"/\?category=hat$"))
    field.fill("drss")
    expect(page.get_by_role("option", name="Did you mean")).to_be_visible()
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/\?q=drss$"))
    expect(page.get_by_text("results for “dress”")).to_be_visible()


def test_quick_typing_sends_one_suggestion_request(page: Page, shop):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto("/")
    field = page.get_by_role("combobox", name="Search by words")
    field.press_sequentially("linen", delay=20)
    expect(page.locator("#suggestions [role=option]")).to_have_count(1)
    assert len([url for url in requests if "/suggestions/" in url]) == 1


def test_words_and_filters_work_without_script(context_without_script, shop):
    page = context_without_script.new_page()
    page.goto("/")
    page.get_by_label("Search by words").fill("dre")
    page.get_by_role("button", name="Search", exact=True).first.click()
    expect(page.get_by_role("heading", name="Linen dress")).to_be_visible()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_role("link", name="Choose filters").click()
    page.get_by_label(re.compile("Acme")).check()
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"\?q=dre&brand=Acme|brand=Acme"))
    page.get_by_role("link", name="Remove: Acme").click()
    expect(page).not_to_have_url(re.compile("Acme"))
