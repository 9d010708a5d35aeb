"""Chromium for the tests of this folder. CHROMIUM names an unusual program."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    sync_playwright,
)

from catalog.models import Product
from catalog.tests.factories import make_category, make_photo_bytes, make_product

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAX_WAITS = 100
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    known = filter(None, map(shutil.which, NAMES))
    chromium = os.environ.get("CHROMIUM") or next(known, "")
    if not Path(chromium).is_file():
        pytest.skip("Chromium is not installed")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django would refuse.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser, live_server) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url)
    context.set_default_timeout(10_000)
    pending: set[Request] = set()
    context.on("request", lambda request: pending.add(request))
    context.on("requestfinished", lambda request: pending.discard(request))
    context.on("requestfailed", lambda request: pending.discard(request))
    yield context
    # What follows empties the database, which the answers still read.
    for _ in range(MAX_WAITS):
        if pending and context.pages:
            context.pages[0].wait_for_timeout(20)
    context.close()


@pytest.fixture
def context_without_script(browser: Browser, live_server) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Yield a page that fails its test on any error of its scripts."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda line: line.type == "error" and errors.append(line.text),
    )
    yield page
    # Chromium writes refused photos (422) and expired searches (410) to the console.
    assert [line for line in errors if not re.search("422|410", line)] == []


@pytest.fixture
def shop(live_server, embed) -> list[Product]:
    hats = make_category("Hats", "hat")
    # All alike enough to be found by one another's photos.
    photos = [make_photo_bytes((30 * n, 40, 90)) for n in range(8)]
    products = [make_product(photo=photo) for photo in photos[:5]]
    products += [make_product(photo=photo, category=hats) for photo in photos[5:]]
    embed()
    return products
