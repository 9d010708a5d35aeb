"""Take the pictures of the documentation: the sample shop in headless Chromium.

    python -m bench.screenshots [--out docs]

Run `manage.py demo` in var/screenshots with the photos that FashionLens draws itself.
"""

import argparse
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import FilePayload, Page, ViewportSize, sync_playwright

from bench.cli import free_port
from fashionlens.demo.sample import draw_sample, garment

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SCREEN = ViewportSize(width=1280, height=860)
TALL = ViewportSize(width=1280, height=1360)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with run_demo() as shop, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = chromium.new_context(base_url=shop, viewport=SCREEN)
        page = context.new_page()
        take_shop(page, out)
        make_events(page)
        run("find_duplicates")
        take_admin(page, out)
        chromium.close()


def take_shop(page: Page, out: Path) -> None:
    page.goto("/")
    save(page, out / "home.png")
    page.goto("/?category=dress&sort=price_up")
    page.locator(".card a").first.click()
    page.set_viewport_size(TALL)
    save(page, out / "product.png")
    page.set_viewport_size(SCREEN)
    page.goto("/search/")
    page.set_input_files("input[type=file]", query_photo())
    page.locator("#results .card").first.wait_for()
    save(page, out / "search.png")


def take_admin(page: Page, out: Path) -> None:
    page.goto("/admin/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", (VAR / "admin-password").read_text().strip())
    page.click("[type=submit]")
    page.goto("/admin/catalog/product/")
    save(page, out / "admin-products.png")
    page.goto("/admin/catalog/product/?q=easy+dress")
    page.locator("#result_list tbody th a").first.click()
    page.set_viewport_size(TALL)
    save(page, out / "admin-product.png")
    page.set_viewport_size(SCREEN)
    page.goto("/admin/search/duplicategroup/")
    save(page, out / "admin-duplicates.png")
    page.goto("/admin/search/event/")
    save(page, out / "admin-search-report.png")


def make_events(page: Page) -> None:
    api = page.context.request
    products = api.get("/api/v1/products/?page_size=32").json()["results"]
    for number, product in enumerate(products):
        lists = [{"product": product["sku"]}, {"words": product["category"]["name"]}]
        for form in lists:
            answer = api.post("/api/v1/search/", multipart=form).json()
            skus = [each["product"]["sku"] for each in answer["results"][:24]]
            event = {"query": answer["query"], "position": 1, "products": skus}
            events = [event | {"kind": "impression"}]
            places = range(1, len(skus) + 1)
            for place in (place for place in places if not (number + 1) % 2**place):
                click = event | {"position": place, "products": skus[place - 1 :][:1]}
                events.append(click | {"kind": "click"})
            api.post("/api/v1/events/", data={"events": events})
    for words in ("ski boots", "bow tie", "ski boots"):
        page.goto(f"/?q={words}")


def query_photo() -> FilePayload:
    """Return a photo to search with: a floral dress that is not in the shop."""
    buffer = io.BytesIO()
    dress = garment("dress", colour="navy", pattern="floral", style="wrap", seed=31)
    dress.save(buffer, "JPEG", quality=90)
    return FilePayload(
        name="dress.jpg", mimeType="image/jpeg", buffer=buffer.getvalue()
    )


def save(page: Page, file: Path) -> None:
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    # 256 colours make the files a third as large. Without k-means small things, such as
    # the dots to choose a colour with, would not have theirs.
    few = picture.quantize(256, kmeans=3, dither=Image.Dither.NONE)
    few.save(file, optimize=True)
    print(file)


def environment() -> dict[str, str]:
    return os.environ | {
        "DEBUG": "1",
        "FASHIONLENS_VAR": str(VAR),
        "FASHIONLENS_PHOTOS": str(VAR / "sample"),
    }


def run(command: str) -> None:
    arguments = [sys.executable, "manage.py", command]
    subprocess.run(
        arguments, cwd=ROOT, env=environment(), check=True, stdout=subprocess.DEVNULL
    )


@contextmanager
def run_demo() -> Iterator[str]:
    if not (VAR / "sample").exists():
        draw_sample(VAR / "sample")
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        else:
            raise SystemExit("The demo did not start.")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


if __name__ == "__main__":
    main()
