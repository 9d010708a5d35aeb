"""How soon a photo saved by hand is found, beside the backlog of a bulk load.

    python -m bench.ops.fresh --data DIR [--backlog 10000] [--saves 20] [--json]

The backlog is rows of a few photos of data/train, stored in bulk as by a feed. While
two worker processes embed it, photos of data/test are saved one by one, and searched
for over HTTP until they are found. The figures are from the commit to the answer that
has the product.
"""

import http.client
import json
import time
from itertools import islice
from pathlib import Path

# First: importing it sets the environment.
from bench.live_shop import run_web

# isort: split
import numpy as np
from django.db import transaction

from bench.cli import make_data_parser, percentile, print_figures
from catalog.models import Category, Product, ProductImage
from catalog.photos.prepared import prepare_photo
from catalog.photos.store import add_photo, new_photo
from search.index.embed import index_status
from search.tasks import wake_worker

NAME = "bench-fresh"
FILES = 50  # different photos in the backlog
PAUSE_S = 0.5


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--backlog", type=int, default=10_000, help="default: 10000")
    parser.add_argument("--saves", type=int, default=20, help="default: 20")
    options = parser.parse_args()
    with run_web() as stack:
        delete_products()
        stack.start("worker")
        try:
            load_in_bulk(_photos(options.data / "train", FILES), options.backlog)
            waiting = index_status()["pending"]
            wake_worker(times=2)
            photos = _photos(options.data / "test", options.saves)
            seconds = [find_after_saving(stack.port, photo) for photo in photos]
            left = index_status()["pending"]
        finally:
            delete_products()
    figures = {
        "backlog": waiting,
        "backlog_left": left,
        "saves": len(seconds),
        "p50_s": percentile(np.array(seconds), 50),
        "p95_s": percentile(np.array(seconds), 95),
        "max_s": percentile(np.array(seconds), 100),
    }
    print_figures(figures, as_json=options.json)


def _photos(folder: Path, count: int) -> list[bytes]:
    paths = sorted(folder.glob("*/*"))
    return [path.read_bytes() for path in paths[:: max(1, len(paths) // count)][:count]]


def make_product(sku: str) -> Product:
    category, _ = Category.objects.get_or_create(name=NAME, slug=NAME)
    return Product.objects.create(
        sku=f"{NAME}-{sku}",
        slug=f"{NAME}-{sku}",
        title=sku,
        category=category,
        price_cents=100,
    )


def load_in_bulk(photos: list[bytes], count: int) -> None:
    product = make_product("backlog")
    first = ProductImage.objects.bulk_create(
        new_photo(product=product, photo=prepare_photo(photo)) for photo in photos
    )
    rows = (
        ProductImage(
            product=product,
            file=first[number % len(first)].file.name,
            sha256=f"{number:064}",
            width=1,
            height=1,
        )
        for number in range(count - len(first))
    )
    while batch := list(islice(rows, 1000)):
        ProductImage.objects.bulk_create(batch)


def find_after_saving(port: int, photo: bytes) -> float:
    time.sleep(PAUSE_S)
    product = make_product(f"saved-{time.monotonic_ns()}")
    add_photo(product=product, data=photo)
    saved = time.perf_counter()
    while product.sku not in search(port, photo):
        pass
    return time.perf_counter() - saved


def search(port: int, photo: bytes) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "image/jpeg"}
        connection.request("POST", "/api/v1/search/", photo, headers)
        body = json.load(connection.getresponse())
    finally:
        connection.close()
    return [result["product"]["sku"] for result in body["results"]]


@transaction.atomic
def delete_products() -> None:
    # Locked, so that the workers pass over them.
    images = ProductImage.objects.filter(product__category__slug=NAME)
    list(images.order_by("id").select_for_update(of=["self"]).values_list("id"))
    Product.objects.filter(category__slug=NAME).delete()
    Category.objects.filter(slug=NAME).delete()


if __name__ == "__main__":
    main()
