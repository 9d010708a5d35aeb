"""Import of a product feed, and of the same feed again, unchanged.

    python -m bench.feed [--products 2000] [--json]

Each product has its own copy of a drawn photo. The products are deleted afterwards.
"""

import csv
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

from bench.cli import make_parser, print_figures

# First: importing it sets the environment.
from bench.live_shop import settings

# isort: split
from django.core.management import call_command

from catalog.models import Product
from fashionlens.demo.sample import draw_sample
from fashionlens.stack import Stack

SKU = "BENCH-FEED-"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--products", type=int, default=2000, help="default: 2000")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, run_servers():
        feed = write_feed(Path(folder), options.products)
        delete_products()
        first = import_seconds(feed)
        again = import_seconds(feed)
        stored = Product.objects.filter(sku__startswith=SKU).count()
        delete_products()
    figures: dict[str, object] = {
        "products": stored,
        "first_rows_per_s": round(stored / first, 1),
        "again_rows_per_s": round(stored / again, 1),
        "again_takes": round(again / first, 3),
    }
    print_figures(figures, as_json=options.json)


@contextmanager
def run_servers() -> Iterator[None]:
    with Stack(command="demo", quiet=True, port=settings.PORT) as stack:
        stack.start_servers()
        stack.migrate()
        yield


def write_feed(folder: Path, products: int) -> Path:
    draw_sample(folder / "drawn")
    drawn = sorted((folder / "drawn").glob("*/*.jpg"))
    feed = folder / "feed.csv"
    with feed.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "title", "price", "product_type", "image_link"])
        for number, photo in enumerate(islice(cycle(drawn), products)):
            link = f"{number}.jpg"
            os.link(photo, folder / link)
            title = f"{photo.stem} {number}"
            rows.writerow([f"{SKU}{number}", title, "19.90", photo.parent.name, link])
    return feed


def import_seconds(feed: Path) -> float:
    started = time.perf_counter()
    call_command("import_feed", feed, feed_name="bench")
    return time.perf_counter() - started


def delete_products() -> None:
    Product.objects.filter(sku__startswith=SKU).delete()


if __name__ == "__main__":
    main()
