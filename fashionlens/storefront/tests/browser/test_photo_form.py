"""Search with a chosen, dropped or pasted photo."""

import re
from io import BytesIO

import pytest
from django.core.cache import cache
from PIL import Image
from pillow_heif import from_pillow
from playwright.sync_api import expect

from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.storefront import search_views
from fashionlens.storefront.photo_form import PhotoForm
from fashionlens.storefront.tests.browser.steps import (
    RESULTS,
    bring,
    expect_preview,
    expect_results,
    file_of,
)
from ml.preprocess import MAX_BYTES, read_photo

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' blob: data:; form-action 'self'; base-uri 'none'"
)


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


def test_back_and_forward_restore_the_photo_of_the_results(page, shop):
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
def test_a_dropped_or_pasted_photo_starts_a_search(page, shop, kind):
    page.goto("/search/")
    bring(page, kind, None)
    expect(page.locator("#photo-message")).to_contain_text("is not a photo")
    bring(page, kind, file_of(shop[3]))
    expect_results(page, shop[3])
    expect_preview(page)
    expect(page.locator("#photo-message")).to_have_text("")


def test_text_can_be_dragged_into_a_field(page, shop):
    page.goto("/search/")
    page.evaluate(
        """document.querySelector("h1").outerHTML = "<h1 draggable=true>hat</h1>";
        document.addEventListener("dragstart", ({ dataTransfer }) =>
          dataTransfer.setData("text/plain", "hat"))"""
    )
    page.drag_and_drop("h1", "#refinement-words")
    expect(page.locator("#refinement-words")).to_have_value("hat")
    expect(page.locator("#photo-message")).to_be_empty()


def test_the_preview_stays_while_results_are_filtered_and_paged(page, shop, embed):
    for n in range(24):
        make_product(photo=make_photo_bytes((10 * n, 60, 120)))
    embed()
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[1]))
    expect_results(page, shop[1])
    page.get_by_role("link", name="Page 2").click()
    expect(page.locator("#results .card")).to_have_count(8)
    expect_preview(page)
    page.get_by_role("checkbox", name="Hats").check()
    expect(page.locator("#results .card")).to_have_count(3)
    expect(page.locator("#results-title")).to_be_focused()
    expect_preview(page)
    assert page.url.endswith("/?category=hat")


def test_a_file_that_is_not_a_photo_shows_an_error_beside_the_control(page, shop):
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


def test_a_file_over_the_size_limit_is_not_uploaded(page, shop):
    page.goto("/search/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    big = {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": bytes(MAX_BYTES + 1)}
    page.set_input_files("#photo", big)
    expect(page.locator("#photo-message")).to_have_text(PhotoForm().too_large)
    assert "POST" not in sent


@pytest.fixture
def searched_photos(monkeypatch) -> list[bytes]:
    """Return the list of photos that searches start from."""
    photos: list[bytes] = []
    search = search_views.start_search

    def spy(start, wish):
        photos.append(start.photo)
        return search(start, wish)

    monkeypatch.setattr(search_views, "start_search", spy)
    return photos


def test_a_photo_over_the_size_limit_is_shrunk_before_its_size_is_checked(
    page, shop, searched_photos
):
    buffer = BytesIO()
    noise = Image.effect_noise((4000, 3000), 200).convert("RGB")
    noise.save(buffer, "JPEG", quality=100, subsampling=0)
    assert len(buffer.getvalue()) > MAX_BYTES
    page.goto("/search/")
    photo = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    page.set_input_files("#photo", photo)
    expect(page).to_have_url(RESULTS)
    assert read_photo(searched_photos[0]).size == (1024, 768)


def test_a_large_photo_is_uploaded_small_and_upright(page, shop, searched_photos):
    exif = Image.Exif()
    exif[0x0112] = 6  # a phone held upright
    data = make_photo_bytes(size=(3200, 2400), exif=exif.tobytes())
    page.goto("/search/")
    photo = {"name": "phone.jpg", "mimeType": "image/jpeg", "buffer": data}
    page.set_input_files("#photo", photo)
    expect(page).to_have_url(RESULTS)
    assert read_photo(searched_photos[0]).size == (768, 1024)
    assert b"Exif" not in searched_photos[0]


def test_a_photo_the_browser_cannot_read_is_uploaded_unchanged(page, shop):
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


def test_photo_search_works_under_a_strict_content_security_policy(page, shop):
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
    page.get_by_role("checkbox", name="Hats").check()
    expect(page).to_have_url(re.compile(r"\?category=hat$"))
    page.unroute_all(behavior="ignoreErrors")


def test_a_photo_can_be_dropped_on_the_front_page(page, shop):
    page.goto("/")
    bring(page, "drop", file_of(shop[2]))
    expect_results(page, shop[2])
    expect_preview(page)


def test_a_photo_search_without_a_connection_shows_an_error(context, shop):
    page = context.new_page()
    page.goto("/search/")
    context.set_offline(True)
    page.set_input_files("#photo", file_of(shop[0]))
    expect(page.locator("#photo-message")).to_contain_text("Check your connection")


def test_an_expired_search_takes_a_new_photo_and_keeps_its_filters(context, shop):
    page = context.new_page()
    page.goto("/search/")
    page.set_input_files("#photo", file_of(shop[0]))
    expect_results(page, shop[0])
    hats = page.get_by_role("checkbox", name="Hats")
    expect(hats).to_be_visible()
    cache.clear()
    hats.check()
    expired = page.get_by_role("heading", name="This search has expired")
    expect(expired).to_be_visible()
    page.set_input_files("#photo", file_of(shop[6]))
    expect(page.locator("#results .card").first).to_contain_text(shop[6].title)
    expect(page).to_have_url(re.compile(r"/\?category=hat$"))
    cache.clear()
    page.go_back()
    expect(expired).to_be_visible()


def test_photo_search_works_without_script(context_without_script, shop):
    page = context_without_script.new_page()
    page.goto("/search/")
    expect(page.locator("#photo")).to_be_visible()
    page.set_input_files("#photo", file_of(shop[0]))
    page.locator("#photo-form .button[type=submit]").click()
    expect_results(page, shop[0])
    page.locator("#filters summary").click()
    page.get_by_role("link", name="Choose filters").click()
    page.get_by_role("checkbox", name="Hats").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#results .card")).to_have_count(3)
    text = {"name": "cat.jpg", "mimeType": "image/jpeg", "buffer": b"meow"}
    page.set_input_files("#photo", text)
    page.locator("#photo-form .button[type=submit]").click()
    expect(page.locator("#photo-message")).to_contain_text("not a photo of a kind")
