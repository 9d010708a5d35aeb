"""The shop in a real browser. Skipped where no Chromium is installed: CHROMIUM names
the program when it is not one of the usual."""

import base64
import os
import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.core.cache import cache
from PIL import Image
from pillow_heif import from_pillow
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from catalog.photos.store import add_photo
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from fashionlens.storefront import search_views
from fashionlens.storefront.search_forms import PhotoForm
from ml.preprocess import MAX_BYTES, read_photo

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, NAMES)), ""
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
RESULTS = re.compile(r"/search/[\w-]{16,}/$")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).is_file(), reason="no Chromium here"),
]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' blob: data:; form-action 'self'; base-uri 'none'"
)

# As a browser makes them; `kind` is "drop" or "paste".
BRING = """([kind, base64, name]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  if (name) data.items.add(new File([bytes], name, { type: "image/jpeg" }));
  else data.setData("text/html", "<b>no photo</b>");
  const options = { bubbles: true, cancelable: true };
  const event = kind === "drop"
    ? new DragEvent("drop", { ...options, dataTransfer: data })
    : new ClipboardEvent("paste", { ...options, clipboardData: data });
  document.querySelector("h1").dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, in which Django sees danger.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, live_server) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test on any error of its scripts."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda line: line.type == "error" and errors.append(line.text),
    )
    yield page
    # A refusal is an answer, and so is the end of a search; Chromium writes each to
    # the console.
    assert [line for line in errors if not re.search("422|410", line)] == []


@pytest.fixture
def shop(live_server, embed):
    hats = make_category("Hats", "hat")
    products = [make_product(photo=True) for _ in range(5)]
    products += [make_product(photo=True, category=hats) for _ in range(3)]
    embed()
    return products


def file_of(product, name: str = "mine.jpg") -> dict:
    with product.cover.file.open("rb") as file:
        return {"name": name, "mimeType": "image/jpeg", "buffer": file.read()}


def bring(page: Page, kind: str, file: dict | None) -> None:
    data = base64.b64encode(file["buffer"]).decode() if file else ""
    page.evaluate(BRING, [kind, data, file["name"] if file else ""])


def expect_results(page: Page, best) -> None:
    expect(page.locator("#results .card").first).to_contain_text(best.title)
    expect(page.locator("#results .card-note").first).to_have_text("Same item")
    expect(page).to_have_url(RESULTS)


def expect_preview(page: Page) -> None:
    expect(page.locator("#preview")).to_be_visible()
    page.wait_for_function("document.getElementById('preview').naturalWidth > 0")


def test_a_chosen_photo_gives_results_beside_its_preview(page, shop):
    page.goto("/search/")
    expect(page.locator("#preview")).to_be_hidden()
    page.set_input_files("#photo", file_of(shop[4]))
    expect_results(page, shop[4])
    expect_preview(page)
    expect(page.locator("#results-status")).to_contain_text("8 products")
    page.reload()
    expect_results(page, shop[4])
    expect_preview(page)


def test_back_and_forward_bring_the_photo_of_the_results(page, shop):
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[4]))
    expect_results(page, shop[4])
    page.set_input_files("#photo", file_of(shop[2]))
    expect_results(page, shop[2])
    page.go_back()
    expect_results(page, shop[4])
    expect_preview(page)
    page.go_back()
    expect(page.get_by_text("How it works")).to_be_visible()
    expect(page.locator("#preview")).to_be_hidden()
    page.go_forward()
    expect_results(page, shop[4])
    expect_preview(page)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_dropped_or_pasted_photo_is_searched_with(page, shop, kind):
    page.goto("/search/")
    bring(page, kind, None)
    expect(page.locator("#photo-message")).to_contain_text("There is no photo in what")
    bring(page, kind, file_of(shop[3]))
    expect_results(page, shop[3])
    expect_preview(page)
    expect(page.locator("#photo-message")).to_have_text("")


def test_words_can_be_dragged_into_a_field(page, shop):
    page.goto("/search/")
    page.evaluate(
        """document.querySelector("h1").outerHTML = "<h1 draggable=true>hat</h1>";
        document.addEventListener("dragstart", ({ dataTransfer }) =>
          dataTransfer.setData("text/plain", "hat"))"""
    )
    page.drag_and_drop("h1", "#words")
    expect(page.locator("#words")).to_have_value("hat")
    expect(page.locator("#photo-message")).to_be_empty()


def test_the_preview_stays_while_results_are_narrowed_and_turned(page, shop, embed):
    for _ in range(24):
        make_product(photo=True)
    embed()
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[1]))
    expect_results(page, shop[1])
    page.get_by_role("link", name="Page 2").click()
    expect(page.locator("#results .card")).to_have_count(8)
    expect_preview(page)
    page.locator("#results").get_by_role("link", name="Hats").click()
    expect(page.locator("#results .card")).to_have_count(3)
    expect(page.locator("#results-title")).to_be_focused()
    expect_preview(page)
    assert page.url.endswith("/?category=hat")


def test_a_file_that_is_no_photo_is_refused_beside_the_control(page, shop):
    page.goto("/search/")
    text = {"name": "cat.jpg", "mimeType": "image/jpeg", "buffer": b"meow"}
    page.set_input_files("#photo", text)
    expect(page.locator("#photo-message")).to_contain_text("not a photo of a kind")
    expect(page.get_by_text("How it works")).to_be_visible()
    page.set_input_files("#photo", file_of(shop[0]))
    expect_results(page, shop[0])
    expect(page.locator("#photo-message")).to_have_text("")
    page.set_input_files("#photo", text)
    expect(page.locator("#photo-message")).to_contain_text("not a photo of a kind")
    expect_results(page, shop[0])
    expect_preview(page)


def test_a_file_over_the_limit_is_not_sent(page, shop):
    page.goto("/search/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    big = {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": bytes(MAX_BYTES + 1)}
    page.set_input_files("#photo", big)
    expect(page.locator("#photo-message")).to_have_text(PhotoForm.too_large)
    assert "POST" not in sent


@pytest.fixture
def taken(monkeypatch) -> list[bytes]:
    """The photos that reach the search."""
    photos: list[bytes] = []
    search = search_views.start_search

    def spy(start, wish):
        photos.append(start.photo)
        return search(start, wish)

    monkeypatch.setattr(search_views, "start_search", spy)
    return photos


def test_a_phones_largest_photo_is_made_small_before_it_is_measured(page, shop, taken):
    buffer = BytesIO()
    noise = Image.effect_noise((4000, 3000), 200).convert("RGB")
    noise.save(buffer, "JPEG", quality=100, subsampling=0)
    assert len(buffer.getvalue()) > MAX_BYTES
    page.goto("/search/")
    photo = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    page.set_input_files("#photo", photo)
    expect(page).to_have_url(RESULTS)
    assert read_photo(taken[0]).size == (1600, 1200)


def test_a_large_photo_is_sent_small_and_upright(page, shop, taken):
    exif = Image.Exif()
    exif[0x0112] = 6  # a phone held upright
    data = make_photo_bytes(size=(3200, 2400), exif=exif.tobytes())
    page.goto("/search/")
    photo = {"name": "phone.jpg", "mimeType": "image/jpeg", "buffer": data}
    page.set_input_files("#photo", photo)
    expect(page).to_have_url(RESULTS)
    assert read_photo(taken[0]).size == (1200, 1600)
    assert b"Exif" not in taken[0]


def test_a_photo_the_browser_cannot_read_is_sent_as_it_is(page, shop):
    buffer = BytesIO()
    from_pillow(Image.new("RGB", (90, 120), "teal")).save(buffer)
    page.goto("/search/")
    photo = {
        "name": "apple.heic",
        "mimeType": "image/heic",
        "buffer": buffer.getvalue(),
    }
    page.set_input_files("#photo", photo)
    expect(page).to_have_url(RESULTS)
    expect(page.locator(".drop-more")).to_contain_text("apple.heic (not shown")


def test_all_of_it_works_under_a_strict_content_policy(page, shop):
    def answer(route):
        if route.request.resource_type != "document":
            return route.fallback()
        response = route.fetch(max_redirects=0)
        headers = response.headers | {"content-security-policy": POLICY}
        return route.fulfill(response=response, headers=headers)

    page.route("**/*", answer)
    for address in ("/", shop[0].get_absolute_url(), "/search/"):
        page.goto(address)
    page.set_input_files("#photo", file_of(shop[1]))
    expect_results(page, shop[1])
    expect_preview(page)
    whole = page.url
    page.get_by_role("button", name="Upper half").click()
    expect(page).not_to_have_url(whole)
    frame = page.locator(".crop-frame").bounding_box()
    assert frame["height"] == pytest.approx(
        page.locator("#preview").bounding_box()["height"] / 2, abs=2
    )
    page.locator("#results").get_by_role("link", name="Hats").click()
    expect(page).to_have_url(re.compile(r"\?category=hat$"))
    page.unroute_all(behavior="ignoreErrors")


def test_the_front_page_takes_a_photo_too(page, shop):
    page.goto("/")
    bring(page, "drop", file_of(shop[2]))
    expect_results(page, shop[2])
    expect_preview(page)


def test_a_search_that_cannot_reach_the_shop_says_so(context, shop):
    page = context.new_page()
    page.goto("/search/")
    context.set_offline(True)
    page.set_input_files("#photo", file_of(shop[0]))
    expect(page.locator("#photo-message")).to_contain_text("did not reach the shop")


def test_an_expired_search_asks_for_the_photo_again(context, shop):
    page = context.new_page()
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[0]))
    expect_results(page, shop[0])
    cache.clear()
    page.locator("#results").get_by_role("link", name="Hats").click()
    over = page.get_by_role("heading", name="This search is over")
    expect(over).to_be_visible()
    page.set_input_files("#photo", file_of(shop[6]))
    expect(page.locator("#results .card").first).to_contain_text(shop[6].title)
    expect(page).to_have_url(re.compile(r"/\?category=hat$"))
    cache.clear()
    page.go_back()
    expect(over).to_be_visible()


def test_the_keyboard_reaches_everything_in_order(page, shop):
    page.goto("/search/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#photo")).to_be_focused()
    page.set_input_files("#photo", file_of(shop[3]))
    expect_results(page, shop[3])
    page.locator("#photo").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#beside")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.locator("#results .chips a").first).to_be_focused()
    page.locator(".crop-frame").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Whole photo")).to_be_focused()


def test_the_gallery_is_turned_by_arrow_keys(page, shop):
    add_photo(product=shop[0], data=make_photo_bytes("red"))
    page.goto(shop[0].get_absolute_url())
    photos = page.locator(".gallery-photo")
    expect(photos.nth(0)).to_be_visible()
    page.locator("#photo-1").focus()
    page.keyboard.press("ArrowRight")
    expect(photos.nth(1)).to_be_visible()
    expect(photos.nth(0)).to_be_hidden()


def test_sorting_takes_effect_at_once(page, shop):
    page.goto("/")
    page.get_by_label("Sort").select_option("Price, low to high")
    expect(page).to_have_url(re.compile("sort=price_up"))


@pytest.mark.parametrize("address", ["/", "/?q=nothing", "/search/", "/products/{}/"])
def test_no_page_is_wider_than_a_phone(browser, live_server, shop, address):
    title = "Extraordinarilylongwordwithoutanybreak" * 4
    wide = make_product(title=title, brand="B" * 80, photo=True)
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(live_server.url + address.format(wide.slug))
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    context.close()


def test_results_are_not_wider_than_a_small_phone(page, shop):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[0]))
    expect_results(page, shop[0])
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_photo_search_works_without_script(browser, live_server, shop):
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    page.goto("/search/")
    expect(page.locator("#photo")).to_be_visible()
    page.set_input_files("#photo", file_of(shop[0]))
    page.locator("#photo-form .button").click()
    expect_results(page, shop[0])
    page.locator("#results").get_by_role("link", name="Hats").click()
    expect(page.locator("#results .card")).to_have_count(3)
    text = {"name": "cat.jpg", "mimeType": "image/jpeg", "buffer": b"meow"}
    page.set_input_files("#photo", text)
    page.locator("#photo-form .button").click()
    expect(page.locator("#photo-message")).to_contain_text("not a photo of a kind")
    context.close()
