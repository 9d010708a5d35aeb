"""Searches over HTTP while the encoder is changed and changed back.

    python -m bench.encoder_change --data DIR [--queries 10000] [--json]

Two clients search with photos of data/test, page through kept searches and request
similar products, without a pause. Meanwhile this process adds a second encoder,
activates it, rolls back, activates it again, retires the first, and then changes back
in the same way. Every response names its encoder, and NumPy recomputes every distance
from the vectors of that encoder. The second network is the shipped one followed by a
matrix, so that no distance is the same in both.
"""

import hashlib
import http.client
import itertools
import json
import shutil
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

# First: importing it sets the environment.
from bench.live_shop import run_shop

# isort: split
import numpy as np
import onnx
from django.conf import settings
from django.core.management import call_command
from onnx import helper, numpy_helper

from bench.cli import make_data_parser, percentile, print_figures
from ml.encoder import SHIPPED
from ml.preprocess import read_photo
from search.index.encoders import active_encoder, live_encoders, network_of
from search.models import Embedding, Encoder

CLIENTS = 2
PHOTOS = 100  # of data/test
LIMIT = 24
TOLERANCE = 1e-4
KINDS = ("photo", "kept", "similar")


@dataclass(frozen=True)
class ApiResponse:
    kind: str
    query: int | str  # a photo's number or a SKU
    encoder: str
    hits: list[tuple[str, float]]  # (SKU, distance)
    took_ms: float


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--queries", type=int, default=10_000, help="default: 10000")
    options = parser.parse_args()
    photos = sorted((options.data / "test").glob("*/*"))
    photos = photos[:: max(1, len(photos) // PHOTOS)][:PHOTOS]
    with run_shop(options.data) as stack:
        exact = ExactSearch(photos)
        clients = [
            SearchClient(stack.port, photos, list(exact.skus), number)
            for number in range(CLIENTS)
        ]
        started = time.perf_counter()
        change_encoders(clients, options.queries, exact.matrix)
        seconds = time.perf_counter() - started
    print_figures(figures(clients, exact, seconds), as_json=options.json)


class ExactSearch:
    def __init__(self, photos: list[Path]) -> None:
        first = active_encoder()
        network = network_of(first)
        self.reach = network.bands[-1][1] - TOLERANCE  # the warped one has the same
        rows = Embedding.objects.filter(encoder=first).values_list(
            "image__product__sku", "vector"
        )
        self.skus = {sku: row for row, (sku, _) in enumerate(rows)}
        shop = np.array([vector for _, vector in rows])  # (N, 128)
        images = [read_photo(path, max_side=network.decode_side) for path in photos]
        queries = network.encode(images)  # (PHOTOS, 128)
        self.matrix = warp_matrix(network.dimension)
        second = f"{first.version}-warped"
        self.shop = {first.version: shop, second: warp_vectors(shop, self.matrix)}
        self.queries = {
            first.version: queries,
            second: warp_vectors(queries, self.matrix),
        }

    def agrees_with(self, answer: ApiResponse) -> bool:
        """Return whether every distance is by the encoder that the response names."""
        shop = self.shop[answer.encoder]
        found = shop[[self.skus[sku] for sku, _ in answer.hits]]
        true = 1 - found @ self._query_vector(answer)
        reported = np.array([distance for _, distance in answer.hits])
        return bool(np.all(np.abs(true - reported) < TOLERANCE))

    def has_match(self, answer: ApiResponse) -> bool:
        away = 1 - self.shop[answer.encoder] @ self._query_vector(answer)
        return answer.kind == "similar" or bool(away.min() <= self.reach)

    def _query_vector(self, answer: ApiResponse) -> np.ndarray:
        if isinstance(answer.query, str):
            return self.shop[answer.encoder][self.skus[answer.query]]
        return self.queries[answer.encoder][answer.query]


class SearchClient(threading.Thread):
    def __init__(
        self, port: int, photos: list[Path], skus: list[str], number: int
    ) -> None:
        super().__init__(daemon=True)
        self.photos = [path.read_bytes() for path in photos]
        self.skus, self.number = skus, number
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.stopped = threading.Event()
        self.answers: list[ApiResponse] = []
        self.errors: list[str] = []
        self.expired = 0
        # A search to come back to: its id, its photo's number, its encoder's row.
        self.kept: tuple[str, int, int] | None = None

    def run(self) -> None:
        for turn in itertools.count(self.number * 37):
            if self.stopped.is_set():
                return
            kind = KINDS[turn % len(KINDS)]
            try:
                self.search(kind, turn)
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self.errors.append(f"{kind}: {error!r}")
                self.connection.close()

    def search(self, kind: str, turn: int) -> None:
        started = time.perf_counter()
        query: int | str = turn % len(self.photos)
        if kind == "similar":
            query = self.skus[turn * 7 % len(self.skus)]
            body = self.request("GET", f"products/{query}/similar/?limit={LIMIT}")
        elif kind == "kept" and self.kept:
            query_id, query, encoder = self.kept
            body = self.request("GET", f"search/{query_id}/")
            if self._has_expired(body, encoder):
                return
        else:
            kind, number = "photo", int(query)
            body = self.request("POST", "search/", self.photos[number])
            if "query" in body and not self.kept:
                row = Encoder.objects.get(version=body["encoder"])
                self.kept = body["query"], number, row.pk
        if "results" not in body:
            raise ValueError(f"{body}")
        found = [(m["product"]["sku"], m["distance"]) for m in body["results"]]
        took_ms = (time.perf_counter() - started) * 1000
        self.answers.append(ApiResponse(kind, query, body["encoder"], found, took_ms))

    def _has_expired(self, body: dict, encoder: int) -> bool:
        if body.get("code") != "query_expired":
            return False
        self.kept = None
        if live_encoders().filter(pk=encoder).exists():
            return False
        self.expired += 1
        return True

    def request(self, method: str, path: str, photo: bytes | None = None) -> dict:
        headers = {"Content-Type": "image/jpeg"} if photo else {}
        self.connection.request(method, f"/api/v1/{path}", photo, headers)
        return json.load(self.connection.getresponse())


def change_encoders(
    clients: list[SearchClient], queries: int, matrix: np.ndarray
) -> None:
    """Change the encoder and back, in steps spread over the queries."""
    first = active_encoder().version
    second = write_warped_encoder(matrix, first)
    shipped, other = str(SHIPPED), str(second)
    steps = [
        ("add", other),
        ("activate", second.name),
        ("rollback",),
        ("activate", second.name),
        ("retire", first, "--yes"),
        ("add", shipped),
        ("activate", first),
        ("retire", second.name, "--yes"),
    ]
    for client in clients:
        client.start()
    try:
        for number, step in enumerate(steps, start=1):
            wait_until(clients, queries * number // (len(steps) + 1))
            print(
                f"{count_queries(clients)} queries, now: encoder {' '.join(step)}",
                flush=True,
            )
            call_command("encoder", *step)
        wait_until(clients, queries)
    finally:
        for client in clients:
            client.stopped.set()
        for client in clients:
            client.join()


def count_queries(clients: list[SearchClient]) -> int:
    return sum(len(client.answers) + len(client.errors) for client in clients)


def wait_until(clients: list[SearchClient], queries: int) -> None:
    while count_queries(clients) < queries:
        if not any(client.is_alive() for client in clients):
            raise RuntimeError("The clients have stopped.")
        time.sleep(0.05)


def figures(
    clients: list[SearchClient], exact: ExactSearch, seconds: float
) -> dict[str, object]:
    answers = [answer for client in clients for answer in client.answers]
    for error in [error for client in clients for error in client.errors][:10]:
        print(error)
    filled = [answer for answer in answers if answer.hits]
    times = np.array([answer.took_ms for answer in answers])
    by_encoder = dict.fromkeys(exact.shop, 0)
    for answer in answers:
        by_encoder[answer.encoder] += 1
    return {
        "photos": len(exact.skus),
        "queries": count_queries(clients),
        "errors": sum(len(client.errors) for client in clients),
        "empty": sum(exact.has_match(each) for each in answers if not each.hits),
        "mixed": sum(not exact.agrees_with(answer) for answer in filled),
        # The control: held to the other encoder, no answer may pass.
        "fit_the_other": sum(
            exact.agrees_with(replace(answer, encoder=other))
            for answer in filled
            for other in exact.shop
            if other != answer.encoder
        ),
        "by_encoder": by_encoder,
        "expired_with_their_encoder": sum(client.expired for client in clients),
        "distances": sum(len(answer.hits) for answer in filled),
        "p50_ms": percentile(times, 50),
        "p99_ms": percentile(times, 99),
        "longest_ms": percentile(times, 100),
        "seconds": round(seconds, 1),
    }


def warp_matrix(dimension: int) -> np.ndarray:
    """Return (dimension, dimension): a rotation and scaling that changes every
    distance."""
    numbers = np.random.default_rng(1)
    turned, _ = np.linalg.qr(numbers.normal(size=(dimension, dimension)))
    return (turned * numbers.uniform(0.2, 2, size=dimension)).astype(np.float32)


def warp_vectors(vectors: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    moved = vectors @ matrix
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def write_warped_encoder(matrix: np.ndarray, first: str) -> Path:
    folder = settings.VAR / f"{first}-warped"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = onnx.load(SHIPPED / "encoder.onnx")
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(matrix, "warp"))
    graph.node.append(
        helper.make_node("MatMul", [graph.output[0].name, "warp"], ["moved"])
    )
    graph.node.append(
        helper.make_node("LpNormalization", ["moved"], ["warped"], axis=1, p=2)
    )
    graph.output[0].name = "warped"
    onnx.save(model, folder / "encoder.onnx")
    info = json.loads((SHIPPED / "encoder.json").read_text())
    sha256 = hashlib.sha256((folder / "encoder.onnx").read_bytes()).hexdigest()
    info |= {"version": folder.name, "sha256": {"onnx": sha256, "keras": "-"}}
    (folder / "encoder.json").write_text(json.dumps(info))
    return folder


if __name__ == "__main__":
    main()
