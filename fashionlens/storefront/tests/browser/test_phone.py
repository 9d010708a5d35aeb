"""The shop as an app: pages without a network, and photos from other apps."""

from playwright.sync_api import expect

from fashionlens.storefront.tests.browser.steps import expect_preview, file_of

READY = "navigator.serviceWorker.ready.then(() => !!navigator.serviceWorker.controller)"
SHARE = """() => {
  const form = document.createElement("form");
  form.id = "share";
  form.action = "/search/?shared=1";
  form.method = "post";
  form.enctype = "multipart/form-data";
  form.innerHTML = '<input type="file" name="photo" id="shared-file">';
  document.body.append(form);
}"""


def wait_for_worker(page) -> None:
    page.wait_for_function(READY)


def test_the_last_pages_are_there_without_a_network(context, shop):
    page = context.new_page()
    page.goto("/")
    wait_for_worker(page)
    for product in shop[:2]:
        page.goto(product.get_absolute_url())
    expect(page.locator(".copy-note")).to_be_hidden()
    context.set_offline(True)
    copy = page.goto(shop[0].get_absolute_url())
    assert "script-src 'self'" in copy.headers["content-security-policy"]
    expect(page.locator("h1")).to_have_text(shop[0].title)
    expect(page.locator(".copy-note")).to_be_visible()
    page.goto(shop[3].get_absolute_url())
    expect(page.locator("h1")).to_have_text("No network")
    links = page.locator("#kept-pages a")
    expect(links.first).to_contain_text(shop[1].title)
    context.set_offline(False)
    expect(page.locator("h1")).to_have_text(shop[3].title)  # asked for again
    shop[0].title = "A new name"
    shop[0].save()
    page.goto(shop[0].get_absolute_url())
    expect(page.locator("h1")).to_have_text("A new name")
    expect(page.locator(".copy-note")).to_be_hidden()


def test_what_was_looked_at_is_forgotten_with_the_pages_that_show_it(context, shop):
    page = context.new_page()
    page.goto("/")
    wait_for_worker(page)
    page.goto(shop[0].get_absolute_url())
    page.goto(f"{shop[0].get_absolute_url()}more/")
    page.goto(f"{shop[1].get_absolute_url()}more/")
    page.get_by_role("button", name="Forget these").click()
    expect(page.get_by_role("button", name="Forget these")).to_have_count(0)
    context.set_offline(True)
    page.goto(shop[0].get_absolute_url())
    expect(page.locator("h1")).to_have_text("No network")
    expect(page.locator("#kept-pages a")).to_have_count(1)  # opened since


def test_a_photo_that_another_app_shares_is_searched_with(page, shop):
    page.goto("/search/")
    wait_for_worker(page)
    page.evaluate(SHARE)
    page.set_input_files("#shared-file", file_of(shop[2]))
    page.evaluate("document.getElementById('share').submit()")
    expect(page.locator("#results .card").first).to_contain_text(shop[2].title)
    expect_preview(page)
    assert "#" not in page.url


def test_a_photo_shared_without_a_network_waits_for_it(context, shop):
    page = context.new_page()
    page.goto("/search/")
    wait_for_worker(page)
    page.evaluate(SHARE)
    page.set_input_files("#shared-file", file_of(shop[2]))
    context.set_offline(True)
    page.evaluate("document.getElementById('share').submit()")
    expect(page.locator("h1")).to_have_text("No network")
    context.set_offline(False)
    expect(page.locator("#results .card").first).to_contain_text(shop[2].title)
