"""No page of shop, API docs or admin asks for what the policy forbids."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from catalog.bulk.models import BulkChange
from catalog.models import Product
from fashionlens.storefront.tests.browser.steps import expect_results, file_of

# Style sheets fetched and written anew by axe itself would violate the policy.
AXE = {"resultTypes": ["violations"], "preload": False}
# Playwright runs this before the scripts of each page.
REPORT = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.info(`forbidden: ${event.effectiveDirective} ${event.blockedURI}`));
"""


def watch(context: BrowserContext) -> tuple[Page, list[str]]:
    """Return a page, and the list that the violations of its policy are added to."""
    context.add_init_script(REPORT)
    page, violations = context.new_page(), []
    page.on(
        "console",
        # An expression that Alpine cannot read without eval is a warning.
        lambda line: (
            re.search("forbidden|Alpine", line.text) and violations.append(line.text)
        ),
    )
    page.on("pageerror", lambda error: violations.append(str(error)))
    return page, violations


@pytest.fixture
def watched(context: BrowserContext) -> Iterator[Page]:
    """Yield a page that fails its test when the policy is violated."""
    page, violations = watch(context)
    yield page
    assert violations == []


@pytest.fixture
def staff(watched: Page, context: BrowserContext, live_server, admin_client) -> Page:
    cookie = admin_client.cookies["sessionid"].value
    context.add_cookies(
        [{"name": "sessionid", "value": cookie, "url": live_server.url}]
    )
    return watched


def test_the_shop(watched, shop):
    for path in ("/", "/?q=nothing", f"/products/{shop[0].slug}/", "/search/"):
        watched.goto(path)
    watched.set_input_files("#photo", file_of(shop[3]))
    expect_results(watched, shop[3])


def test_a_forbidden_style_is_noticed(context, shop):
    page, violations = watch(context)
    page.goto("/")
    with page.expect_console_message(lambda line: "forbidden" in line.text):
        page.evaluate("document.body.setAttribute('style', 'color: red')")
    assert "style-src" in violations[0]


def test_the_docs_of_the_api(watched, shop):
    watched.goto("/api/docs/")
    operation = watched.locator(".opblock-summary").first
    operation.click()
    expect(watched.locator(".opblock-body").first).to_be_visible()


def test_the_admin(staff, shop):
    product = Product.objects.first()
    assert product
    bulk = BulkChange.objects.create(products=[product.pk])
    change = f"/admin/catalog/bulkchange/{bulk.pk}/change/"
    for path in (
        "/admin/",
        "/admin/catalog/product/",
        f"/admin/catalog/product/{product.pk}/change/",
        "/admin/catalog/product/add/",
        f"/admin/catalog/product/{product.pk}/history/",
        f"/admin/catalog/product/{product.pk}/delete/",
        f"{change}?what=price-percent&value=-10",
        "/admin/catalog/bulkchange/",
        "/admin/catalog/trashedproduct/",
        "/admin/catalog/category/",
        "/admin/search/event/",
        "/admin/search/duplicategroup/",
        "/admin/search/encoder/",
        "/admin/axes/accessattempt/",
        "/admin/password_change/",
    ):
        answer = staff.goto(path)
        assert answer
        assert answer.ok, path
        checked = Axe().run(staff, options=AXE)
        assert checked.violations_count == 0, f"{path} {checked.generate_report()}"
