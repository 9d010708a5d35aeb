"""What a shopper's phone measures: largest paint, layout shift, blocked time, bytes.

    python -m bench.vitals --data DIR [--rounds N] [--json]

Headless Chromium, 390 px wide, on a CPU four times slower than this one, over Fast 3G
or 4G, against the web process as in production and the shop of the photos in DIR/train.
Each figure is the median of its rounds.
"""

import io
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

# First: importing it sets the environment.
from bench.live_shop import run_shop

# isort: split
from PIL import Image
from playwright.sync_api import (
    Browser,
    FilePayload,
    Page,
    ViewportSize,
    sync_playwright,
)

from bench.cli import make_data_parser, print_figures
from bench.screenshots import CHROMIUM
from catalog.models import Product
from catalog.photos.renditions.sweep import draw_due

PHONE = ViewportSize(width=390, height=844)
PIXELS_PER_POINT = 3
SLOWER = 4
# As Chromium's own tools name them: bits per second, and ms before each answer.
NETWORKS = {"Fast 3G": (1_600_000, 750_000, 150), "4G": (9_000_000, 1_500_000, 60)}
SETTLED_MS = 1500
# Of the layout while the page loads and settles, and of what keeps its thread busy.
OBSERVERS = """
  window.figures = { paint: 0, shift: 0, blocked: 0 };
  const observe = (type, add) =>
    new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({
      type,
      buffered: true,
    });
  observe("largest-contentful-paint", (entry) => (figures.paint = entry.startTime));
  observe("layout-shift", (entry) => {
    if (!entry.hadRecentInput) figures.shift += entry.value;
  });
  observe("longtask", (entry) => (figures.blocked += Math.max(0, entry.duration - 50)));
"""


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    photo = next((options.data / "test").glob("dress/*.jpg"))
    with run_shop(options.data) as stack:
        draw_due(seconds=3600)
        product = Product.objects.published().order_by("pk")[20].get_absolute_url()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            shop = f"http://127.0.0.1:{stack.port}"
            figures = Phone(browser, shop, options.rounds).measure(photo, product)
            browser.close()
    print_figures(figures, as_json=options.json)


@dataclass
class Visit:
    page: Page
    bytes_without_photos: float = 0
    _kinds: dict[str, str] = field(default_factory=dict)

    def note_kind(self, response: dict[str, Any]) -> None:
        self._kinds[response["requestId"]] = response["type"]

    def count(self, loaded: dict[str, Any]) -> None:
        if self._kinds.get(loaded["requestId"]) != "Image":
            self.bytes_without_photos += loaded["encodedDataLength"]


class Phone:
    def __init__(self, browser: Browser, shop: str, rounds: int) -> None:
        self.browser, self.shop, self.rounds = browser, shop, rounds

    def measure(self, photo: Path, product: str) -> dict[str, object]:
        results = self.find_results(photo)
        pages = {"front_page": "/", "product_page": product, "results": results}
        figures: dict[str, object] = {}
        for name, address in pages.items():
            loads = self.repeat(partial(self.load, address, "Fast 3G"))
            figures[f"{name}_largest_paint_s"] = round(loads["paint"] / 1000, 2)
        loads = self.repeat(lambda: self.load(results, "4G"))
        figures["results_blocked_ms"] = round(loads["blocked"])
        figures["results_kb_without_photos"] = round(loads["bytes"] / 1000, 1)
        search = self.repeat(lambda: self.search(photo, "Fast 3G"))
        figures["photo_search_layout_shift"] = round(search["shift"], 3)
        large = self.repeat(lambda: self.search(enlarged(photo), "4G"))
        figures["photo_of_12_mp_to_results_s"] = round(large["results_s"], 2)
        figures["box_to_results_s"] = round(large["box_s"], 2)
        return figures

    def repeat(self, run: Callable[[], dict[str, float]]) -> dict[str, float]:
        rounds = [run() for _ in range(self.rounds)]
        return {n: statistics.median(r[n] for r in rounds) for n in rounds[0]}

    @contextmanager
    def visit(self, network: str, slower: int = SLOWER) -> Iterator[Visit]:
        context = self.browser.new_context(
            base_url=self.shop,
            viewport=PHONE,
            device_scale_factor=PIXELS_PER_POINT,
            has_touch=True,
            is_mobile=True,
        )
        page = context.new_page()
        page.add_init_script(OBSERVERS)
        protocol = context.new_cdp_session(page)
        down, up, delay_ms = NETWORKS[network]
        conditions = {
            "offline": False,
            "downloadThroughput": down / 8,
            "uploadThroughput": up / 8,
            "latency": delay_ms,
        }
        protocol.send("Network.enable")
        protocol.send("Network.emulateNetworkConditions", conditions)
        protocol.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        visit = Visit(page)
        protocol.on("Network.responseReceived", visit.note_kind)
        protocol.on("Network.loadingFinished", visit.count)
        yield visit
        context.close()

    def find_results(self, photo: Path) -> str:
        with self.visit("4G", slower=1) as visit:
            self.choose(visit.page, photo)
            return visit.page.url.removeprefix(self.shop)

    def choose(self, page: Page, photo: Path | FilePayload) -> float:
        """Return the time from the choice to the first result."""
        page.goto("/search/", wait_until="networkidle")
        begun = time.perf_counter()
        page.set_input_files("#photo", photo)
        page.locator("#results .card").first.wait_for()
        return time.perf_counter() - begun

    def load(self, address: str, network: str) -> dict[str, float]:
        with self.visit(network) as visit:
            visit.page.goto(address, wait_until="load")
            visit.page.wait_for_timeout(SETTLED_MS)
            figures = visit.page.evaluate("figures")
            return {**figures, "bytes": visit.bytes_without_photos}

    def search(self, photo: Path | FilePayload, network: str) -> dict[str, float]:
        with self.visit(network) as visit:
            page = visit.page
            taken = self.choose(page, photo)
            page.wait_for_timeout(SETTLED_MS)
            box = self.move_box(page)
            page.wait_for_timeout(SETTLED_MS)
            return {**page.evaluate("figures"), "results_s": taken, "box_s": box}

    def move_box(self, page: Page) -> float:
        """Search with the part in the box; return the time to the new results."""
        before = page.url
        page.locator(".crop-frame").focus()
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("Shift+ArrowUp")
        begun = time.perf_counter()
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: url != before)
        page.locator("#results[aria-busy=false] .card").first.wait_for()
        return time.perf_counter() - begun


def enlarged(photo: Path) -> FilePayload:
    """Return the photo with twelve megapixels, as a phone takes it."""
    buffer = io.BytesIO()
    Image.open(photo).convert("RGB").resize((3024, 4032)).save(
        buffer, "JPEG", quality=90
    )
    return FilePayload(
        name="IMG_1.jpg", mimeType="image/jpeg", buffer=buffer.getvalue()
    )


if __name__ == "__main__":
    main()
