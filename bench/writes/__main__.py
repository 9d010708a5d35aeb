"""What programs that write through the API wait for.

    python -m bench.writes [--products 10000] [--requests 10000] [--json]

Products are written 500 at once; photos are posted and searched for until they are
found; a webhook is awaited after each change; and one key sends as many requests as it
can beside another, which works on. The web processes and a worker run beside it.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from bench.cli import make_parser, percentile, print_figures
from bench.contract.__main__ import make_key
from bench.ops.shop import TrialShop, trial_shop

PART, PHOTOS, HOOKS, CLIENTS = 500, 20, 20, 64
WHOLE = {"title": "Navy wrap dress", "category": "Dresses", "price_cents": 4990}


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10_000, help="of one key")
    options = parser.parse_args()
    variables = {"WEBHOOKS_PRIVATE": "1", "API_KEY_RATE": "", "BROWSE_RATE": ""}
    with trial_shop() as shop:
        shop.env |= variables
        with shop.web() as address, shop.worker(), receiver() as received:
            client = Client(address, make_key(shop, "secret"))
            figures: dict[str, object] = time_bulk(client, options.products)
            figures |= time_photos(client)
            figures |= time_webhooks(shop, client, received)
            figures |= crowd(shop, address, client, options.requests)
    print_figures(figures, as_json=options.json)


class Client:
    def __init__(self, address: str, key: str) -> None:
        self.host, self.key = urlsplit(address).netloc, key

    def send(
        self, method: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": kind}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        server = http.client.HTTPConnection(self.host, timeout=60)
        server.request(method, f"/api/v1/{path}", data, headers)
        response = server.getresponse()
        text = response.read()
        server.close()
        return response.status, json.loads(text) if text else None


def time_bulk(client: Client, number: int) -> dict[str, object]:
    figures: dict[str, object] = {}
    for name, price in (("created", 1000), ("updated", 2000), ("unchanged", 2000)):
        started = time.perf_counter()
        for first in range(0, number, PART):
            products = [_product(n, price) for n in range(first, first + PART)]
            status, answer = client.send(
                "POST", "products/bulk/", {"products": products}
            )
            assert (status, answer[name]) == (200, PART), answer
        rate = number / (time.perf_counter() - started)
        figures[f"bulk_{name}_products_per_s"] = round(rate)
    print(figures, flush=True)
    return figures


def _product(number: int, price: int) -> dict[str, Any]:
    return {
        "sku": f"BULK-{number}",
        "title": f"Navy wrap dress {number}",
        "category": "Dresses",
        "brand": f"Brand {number % 30}",
        "description": "A wrap dress in dark blue cotton, cut to the knee.",
        "price_cents": price + number,
        "stock": number % 9,
    }


def time_photos(client: Client) -> dict[str, object]:
    """Return how long after it was posted a photo is found by itself."""
    random = np.random.default_rng(1)
    times = []
    for number in range(PHOTOS):
        status, answer = client.send("PUT", f"products/SEEN-{number}/", WHOLE)
        assert status == 201, answer
        photo = _draw(random)
        body, kind = _form(photo)
        started = time.perf_counter()
        status, answer = client.send(
            "POST", f"products/SEEN-{number}/photos/", body, kind
        )
        assert status == 200, answer
        while time.perf_counter() - started < 60:
            _, found = client.send("GET", f"products/SEEN-{number}/similar/?limit=1")
            if not found["pending"]:
                break
            time.sleep(0.02)
        times.append(time.perf_counter() - started)
    return {"photo_found_p50_s": _p(times, 50), "photo_found_p95_s": _p(times, 95)}


def _draw(random: np.random.Generator) -> bytes:
    """Return a photo that nobody has sent: a garment's silhouette in a drawn colour."""
    picture = Image.new("RGB", (600, 800), "white")
    colour = tuple(int(each) for each in random.integers(0, 200, 3))
    picture.paste(colour, (150, 150, 450, 700))
    noise = random.integers(0, 255, (16, 16, 3), dtype=np.uint8)
    picture.paste(Image.fromarray(noise).resize((60, 60)), (270, 300))
    buffer = BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()


def _form(photo: bytes) -> tuple[bytes, str]:
    boundary = "bench-boundary"
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data;"
        ' name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    body = head.encode() + photo + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


@contextmanager
def receiver() -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the address of a webhook, and when it heard of each SKU last."""
    heard: dict[str, float] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            message = json.loads(self.rfile.read(size))
            heard[message["data"]["sku"]] = time.perf_counter()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", heard
        server.shutdown()


def time_webhooks(
    shop: TrialShop, client: Client, received: tuple[str, dict[str, float]]
) -> dict[str, object]:
    address, heard = received
    code = (
        "from fashionlens.webhooks.models import WebhookEndpoint;"
        f"WebhookEndpoint.objects.create(url={address!r}, events=['product.updated'])"
    )
    shop.manage("shell", "--no-imports", "--command", code)
    times = []
    for number in range(HOOKS):
        sku, started = f"BULK-{number}", time.perf_counter()
        client.send("PATCH", f"products/{sku}/", {"price_cents": 7000 + number})
        while heard.get(sku, 0) < started and time.perf_counter() - started < 60:
            time.sleep(0.01)
        times.append(time.perf_counter() - started)
    return {"webhook_p50_s": _p(times, 50), "webhook_p95_s": _p(times, 95)}


def crowd(
    shop: TrialShop, address: str, client: Client, number: int
) -> dict[str, object]:
    """Let one key, which may ask 600 times a minute, ask in parallel beside another."""
    limited = shop.manage(
        "api_key", "make", "crowd", "--scope", "index", "--rate", "600/min"
    )
    other = Client(address, limited.strip())
    path = "products/?page_size=1"
    alone = _times(client, path)
    with ThreadPoolExecutor(CLIENTS) as pool:
        sent = [pool.submit(other.send, "GET", path) for _ in range(number)]
        beside = _times(client, path)
        statuses = Counter(each.result()[0] for each in sent)
    return {
        "crowd_statuses": dict(sorted(statuses.items())),
        "other_key_alone_p95_s": _p(alone, 95),
        "other_key_beside_p95_s": _p(beside, 95),
    }


def _times(client: Client, path: str) -> list[float]:
    times = []
    for _ in range(50):
        started = time.perf_counter()
        status, answer = client.send("GET", path)
        assert status == 200, answer
        times.append(time.perf_counter() - started)
    return times


def _p(times: list[float], share: float) -> float:
    return percentile(np.array(times), share)


if __name__ == "__main__":
    main()
