"""Times and SQL queries of every page and GET endpoint, by the size of the shop.

    python -m bench.pages --products 3000 100000 [--data DIR] [--json]

Each size has a shop of its own, which is filled at the first run and kept under var/:
products with titles, brands, prices and colours as in the demo, and vectors like those
of the photos in DIR/train, or of drawn photos without DIR. With several sizes the last
is compared with the first.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from bench.cli import free_port, make_parser
from fashionlens.demo.sample import draw_sample
from ml.encoder import Encoder

ROOT = Path(__file__).resolve().parents[2]
Pages = dict[str, dict[str, float]]


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--products", type=int, nargs="+", default=[3000, 100_000])
    parser.add_argument("--rounds", type=int, default=40, help="of each page")
    parser.add_argument("--only", default="", help="part of the names of pages")
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("FASHIONLENS_DATA"), help="optional"
    )
    options = parser.parse_args()
    photos = options.data / "train" if options.data else drawn_photos()
    sizes = {n: measure(n, photos, options) for n in options.products}
    for products, pages in sizes.items():
        print_pages(products, pages)
    figures: dict[str, object] = {str(n): pages for n, pages in sizes.items()}
    first, last = sizes[options.products[0]], sizes[options.products[-1]]
    if first is not last:
        ratios = {n: round(last[n]["p95_ms"] / first[n]["p95_ms"], 2) for n in last}
        figures["p95_ratio"] = ratios
        worst = max(ratios, key=lambda name: ratios[name])
        print(
            f"\nThe largest ratio of p95, last to first size: {ratios[worst]} ({worst})"
        )
    if options.json:
        print(json.dumps(figures))


def drawn_photos() -> Path:
    folder = ROOT / "var" / "bench-drawn-photos"
    if not folder.exists():
        draw_sample(folder, per_category=40)
    return folder


def shop_environment(products: int) -> dict[str, str]:
    """Return the settings of the shop of so many products, kept under var/."""
    var = ROOT / "var" / f"bench-pages-{products}-{Encoder.load().sha256[:8]}"
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "fashionlens.settings",
        "DEBUG": "1",
        "FASHIONLENS_VAR": str(var),
        "FASHIONLENS_PORT": str(free_port()),
    }
    for name in ("DATABASE_URL", "REDIS_URL", "CACHE_URL", "MEDIA_ROOT", "SEARCH_RATE"):
        env.pop(name, None)
    return env


def measure(products: int, photos: Path, options: argparse.Namespace) -> Pages:
    """Run the measurement in a process with the settings of that shop."""
    env = shop_environment(products)
    command = [sys.executable, "-m", "bench.pages.measure"]
    for name, value in (("products", products), ("photos", photos)):
        command += [f"--{name}", str(value)]
    command += ["--rounds", str(options.rounds), "--only", options.only]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def print_pages(products: int, pages: Pages) -> None:
    print(f"\n{f'{products:,} products':<28}  p50 ms  p95 ms  queries")
    for name, page in pages.items():
        queries = page.get("queries", "")
        print(f"{name:<28}{page['p50_ms']:>8}{page['p95_ms']:>8}{queries:>9}")


if __name__ == "__main__":
    main()
