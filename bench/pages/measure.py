"""Measure the pages of the shop in FASHIONLENS_VAR; `bench.pages` runs this.

Times are those of one client over HTTP, from connecting to the last byte, each of
another address as far as there are several. Queries are counted in this process.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import django

django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.client import (  # noqa: E402
    BOUNDARY,
    MULTIPART_CONTENT,
    Client,
    encode_multipart,
)

from bench.cli import percentile  # noqa: E402
from bench.pages.requests import PageKind, page_kinds  # noqa: E402
from bench.pages.shop import fill  # noqa: E402
from bench.synthetic_shop import load_embeddings  # noqa: E402
from catalog.models import Product  # noqa: E402
from fashionlens import embedded  # noqa: E402
from fashionlens.stack import Stack  # noqa: E402
from fashionlens.storefront.recently_viewed import COOKIE  # noqa: E402
from ml.preprocess import read_photo  # noqa: E402
from search.index.encoders import active_encoder, network_of  # noqa: E402

WARM_UP = 4  # requests of each kind that are not counted
COUNTED = 5  # addresses of each kind whose queries are counted
SEARCHES = 30  # kept searches that pages are cut from
SEARCH_PATH = "/api/v1/search/?page_size=12"
FACETS_PATH = f"{SEARCH_PATH}&facets=true"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    with run_shop(options.products, options.photos) as port:
        browser = Browser(port)
        bodies = list(read_photos(options.photos))
        searches = [browser.search(body)[1] for body in bodies[:SEARCHES]]
        cookie = browser.view_products()
        figures = {
            kind.name: measure(browser, kind, options.rounds, cookie)
            for kind in page_kinds(Random(2), searches)
            if options.only in kind.name
        }
        for name, path in (("", SEARCH_PATH), (", facets", FACETS_PATH)):
            times = [browser.search(body, path)[0] for body in bodies]
            figures[f"photo search (POST{name})"] = summary(times[WARM_UP:])
    print(json.dumps(figures))


@contextmanager
def run_shop(products: int, photos: Path) -> Iterator[int]:
    """Run the web process over a shop of so many products; fill it at first."""
    with Stack(command="demo", quiet=True, port=settings.PORT) as stack:
        stack.start_servers()
        stack.migrate()
        cache.clear()
        if Product.objects.count() != products:
            fill(products, load_embeddings(photos))
        # As in production: DEBUG would record every SQL query.
        os.environ |= {
            "DEBUG": "0",
            "DATABASE_URL": embedded.database_url(settings.VAR),
            "REDIS_URL": embedded.broker_url(settings.VAR),
            "CACHE_URL": embedded.cache_url(settings.VAR),
            "MEDIA_ROOT": settings.MEDIA_ROOT,
            "STATIC_ROOT": settings.STATIC_ROOT,
            "SECRET_KEY": settings.SECRET_KEY,
            "SEARCH_RATE": "",
        }
        collect = ["manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
        subprocess.run([sys.executable, *collect], cwd=settings.BASE_DIR, check=True)
        stack.start("web")
        yield stack.port


def read_photos(folder: Path) -> Iterator[bytes]:
    """Yield requests with photos; no garment is found in some drawn ones."""
    network = network_of(active_encoder())
    files = sorted(file for file in folder.glob("*/*") if file.is_file())
    for index in np.random.default_rng(1).permutation(len(files))[:100]:
        if network.find(read_photo(files[index])).garments:
            with files[index].open("rb") as file:
                yield encode_multipart(BOUNDARY, {"photo": file})


class Browser:
    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, headers: dict[str, str]) -> float:
        return self._send("GET", path, None, headers)[0]

    def search(self, body: bytes, path: str = SEARCH_PATH) -> tuple[float, str]:
        """Return the time in ms and the id of the kept search."""
        headers = {"Content-Type": MULTIPART_CONTENT}
        taken, answer, _ = self._send("POST", path, body, headers)
        return taken, json.loads(answer)["query"]

    def view_products(self) -> str:
        """View three products; return the cookie that remembers them."""
        cookie = ""
        for slug in Product.objects.published().values_list("slug", flat=True)[:3]:
            headers = {"Cookie": cookie} if cookie else {}
            response = self._send("GET", f"/products/{slug}/more/", None, headers)[2]
            cookie = response.headers["Set-Cookie"].partition(";")[0]
        assert cookie.startswith(COOKIE)
        return cookie

    def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[float, bytes, http.client.HTTPResponse]:
        started = time.perf_counter()
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        server.request(method, path, body, headers)
        response = server.getresponse()
        answer = response.read()
        server.close()
        if response.status not in (200, 404):  # 404: beyond the last page
            raise SystemExit(f"{path} answered {response.status}: {answer[:300]!r}")
        return (time.perf_counter() - started) * 1000, answer, response


def measure(
    browser: Browser, kind: PageKind, rounds: int, cookie: str
) -> dict[str, float]:
    headers = {"Cookie": cookie} if kind.returning else {}
    headers |= {"HX-Request": "true"} if kind.fragment else {}
    queries = max(count_queries(kind.address(), headers) for _ in range(COUNTED))
    times = [browser.get(kind.address(), headers) for _ in range(WARM_UP + rounds)]
    return {**summary(times[WARM_UP:]), "queries": queries}


def count_queries(path: str, headers: dict[str, str]) -> int:
    number = 0

    def note(execute, *args):
        nonlocal number
        number += 1
        return execute(*args)

    client = Client(headers={"Host": "127.0.0.1", **headers})
    with connection.execute_wrapper(note):
        client.get(path)
    return number


def summary(times: list[float]) -> dict[str, float]:
    taken = np.array(times)
    return {"p50_ms": percentile(taken, 50), "p95_ms": percentile(taken, 95)}


if __name__ == "__main__":
    main()
