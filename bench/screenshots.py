"""Screenshots of the demo with the drawn sample, by headless Chromium.

    python -m bench.screenshots [--out docs]

Run `manage.py demo` in var/screenshots, as it is without network.
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
        chromium.close()


def query_photo() -> FilePayload:
    buffer = io.BytesIO()
    dress = garment("dress", colour="navy", pattern="floral", style="wrap", seed=31)
    dress.save(buffer, "JPEG", quality=90)
    return FilePayload(
        name="dress.jpg", mimeType="image/jpeg", buffer=buffer.getvalue()
    )


def save(page: Page, file: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file)
    print(file)


@contextmanager
def run_demo() -> Iterator[str]:
    sample = VAR / "sample"
    if not sample.exists():
        draw_sample(sample)
    port = free_port()
    environment = os.environ | {
        "DEBUG": "1",
        "FASHIONLENS_VAR": str(VAR),
        "FASHIONLENS_PHOTOS": str(sample),
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port)],
        cwd=ROOT,
        env=environment,
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
