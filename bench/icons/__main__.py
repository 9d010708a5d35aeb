"""Draw the icons of the shop on a phone's screen from its favicon, in Chromium.

python -m bench.icons
"""

from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from bench.screenshots import CHROMIUM
from fashionlens.phone.icons import ICON_SIDES

ROOT = Path(__file__).resolve().parents[2]
FAVICON = ROOT / "fashionlens/storefront/static/storefront/favicon.svg"
OUT = ROOT / "fashionlens/phone/static/phone"
APPLE_SIDE = 180
# Phones cut a maskable icon to a circle: what matters lies within 80 % of it.
SAFE_SHARE = 0.72


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        for side in ICON_SIDES:
            draw(page, OUT / f"icon-{side}.png", side, 1)
            draw(page, OUT / f"maskable-{side}.png", side, SAFE_SHARE)
        draw(page, OUT / f"apple-{APPLE_SIDE}.png", APPLE_SIDE, SAFE_SHARE)
        browser.close()


def draw(page: Page, file: Path, side: int, share: float) -> None:
    """Draw the favicon with its round corners, or smaller on a square of its ground."""
    svg = FAVICON.read_text()
    ground = "transparent" if share == 1 else "#1d1a16"
    page.set_viewport_size(ViewportSize(width=side, height=side))
    page.set_content(
        f"<style>body {{ margin: 0; display: grid; place-items: center; height: 100vh;"
        f" background: {ground} }} svg {{ width: {share:.0%} }}</style>{svg}"
    )
    page.screenshot(path=file, omit_background=True)
    print(file.relative_to(ROOT))


if __name__ == "__main__":
    main()
