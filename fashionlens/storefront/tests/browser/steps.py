"""Steps that browser tests share: bring a photo, expect results."""

import base64
import re

from playwright.sync_api import Page, expect

from catalog.models import Product

RESULTS = re.compile(r"/search/[\w-]{16,}/$")

# As a browser makes them; `kind` is "drop" or "paste".
_BRING = """([kind, base64, name]) => {
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


def file_of(product: Product, name: str = "mine.jpg") -> dict:
    with product.cover.file.open("rb") as file:
        return {"name": name, "mimeType": "image/jpeg", "buffer": file.read()}


def bring(page: Page, kind: str, file: dict | None) -> None:
    data = base64.b64encode(file["buffer"]).decode() if file else ""
    page.evaluate(_BRING, [kind, data, file["name"] if file else ""])


def expect_results(page: Page, best: Product) -> None:
    expect(page.locator("#results .card").first).to_contain_text(best.title)
    expect(page.locator("#results .card-note").first).to_have_text("Same item")
    expect(page).to_have_url(RESULTS)


def expect_preview(page: Page) -> None:
    expect(page.locator("#preview")).to_be_visible()
    page.wait_for_function("document.getElementById('preview').naturalWidth > 0")
