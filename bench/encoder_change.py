"""Searches over HTTP through a whole change of encoder, there and back.

    python -m bench.encoder_change --data DIR [--queries 10000] [--json]

Two clients search with photos of data/test, page through kept searches and ask for
similar products, without a pause, while this process adds a second encoder, activates
it, rolls back, activates it again, retires the first, and then goes the same way back.
Every answer names its encoder; every distance in it is computed anew with NumPy from
that encoder's vectors. The second network is the shipped one with a matrix of our own
behind it, so that no distance of one is that of the other.
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

from bench.shop import arguments, running_shop  # first: it sets the environment

# isort: split
import numpy as np
import onnx
from django.conf import settings
from django.core.management import call_command
from onnx import helper, numpy_helper

from bench.timing import percentile, report
from ml.encoder import SHIPPED
from ml.preprocess import read_photo
from search.index.encoders import active_encoder, kept_encoders, network_of
from search.models import Embedding, Encoder

CLIENTS = 2
PHOTOS = 100  # of data/test
LIMIT = 24
TOLERANCE = 1e-4
KINDS = ("photo", "kept", "similar")


@dataclass(frozen=True)
class Answer:
    """What came back: `asked` is a photo's number or a SKU, `found` (SKU, distance)."""

    kind: str
    asked: int | str
    encoder: str
    found: list[tuple[str, float]]
    took_ms: float


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--queries", type=int, default=10_000, help="default: 10000")
    options = parser.parse_args()
    photos = sorted((options.data / "test").glob("*/*"))
    photos = photos[:: max(1, len(photos) // PHOTOS)][:PHOTOS]
    with running_shop(options.data) as stack:
        truth = Truth(photos)
        clients = [
            Client(stack.port, photos, list(truth.skus), number)
            for number in range(CLIENTS)
        ]
        started = time.perf_counter()
        change(clients, options.queries, truth.matrix)
        seconds = time.perf_counter() - started
    report(figures(clients, truth, seconds), as_json=options.json)


class Truth:
    """The vectors of both encoders, as NumPy has them."""

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
        asked = network.encode(images)  # (PHOTOS, 128)
        self.matrix = warp(network.dimension)
        second = f"{first.version}-warped"
        self.shop = {first.version: shop, second: through(shop, self.matrix)}
        self.asked = {first.version: asked, second: through(asked, self.matrix)}

    def holds(self, answer: Answer) -> bool:
        """Whether every distance is that of the encoder which the answer names."""
        shop = self.shop[answer.encoder]
        found = shop[[self.skus[sku] for sku, _ in answer.found]]
        true = 1 - found @ self.vector(answer)
        told = np.array([distance for _, distance in answer.found])
        return bool(np.all(np.abs(true - told) < TOLERANCE))

    def has_some(self, answer: Answer) -> bool:
        """Whether anything looks enough like the photo asked with to be an answer."""
        away = 1 - self.shop[answer.encoder] @ self.vector(answer)
        return answer.kind == "similar" or bool(away.min() <= self.reach)

    def vector(self, answer: Answer) -> np.ndarray:
        """What was asked with, as the answer's encoder sees it."""
        if isinstance(answer.asked, str):
            return self.shop[answer.encoder][self.skus[answer.asked]]
        return self.asked[answer.encoder][answer.asked]


class Client(threading.Thread):
    """Asks without a pause, one connection, one kind of question after the other."""

    def __init__(
        self, port: int, photos: list[Path], skus: list[str], number: int
    ) -> None:
        super().__init__(daemon=True)
        self.photos = [path.read_bytes() for path in photos]
        self.skus, self.number = skus, number
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.stopped = threading.Event()
        self.answers: list[Answer] = []
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
                self.ask(kind, turn)
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self.errors.append(f"{kind}: {error!r}")
                self.connection.close()

    def ask(self, kind: str, turn: int) -> None:
        started = time.perf_counter()
        asked: int | str = turn % len(self.photos)
        if kind == "similar":
            asked = self.skus[turn * 7 % len(self.skus)]
            body = self.request("GET", f"products/{asked}/similar/?limit={LIMIT}")
        elif kind == "kept" and self.kept:
            query, asked, encoder = self.kept
            body = self.request("GET", f"search/{query}/")
            if self.has_expired(body, encoder):
                return
        else:
            kind, number = "photo", int(asked)
            body = self.request("POST", "search/", self.photos[number])
            if "query" in body and not self.kept:
                row = Encoder.objects.get(version=body["encoder"])
                self.kept = body["query"], number, row.pk
        if "results" not in body:
            raise ValueError(f"{body}")
        found = [(m["product"]["sku"], m["distance"]) for m in body["results"]]
        took_ms = (time.perf_counter() - started) * 1000
        self.answers.append(Answer(kind, asked, body["encoder"], found, took_ms))

    def has_expired(self, body: dict, encoder: int) -> bool:
        """A kept search ends when its encoder is retired, and not before."""
        if body.get("code") != "query_expired":
            return False
        self.kept = None
        if kept_encoders().filter(pk=encoder).exists():
            return False
        self.expired += 1
        return True

    def request(self, method: str, path: str, photo: bytes | None = None) -> dict:
        headers = {"Content-Type": "image/jpeg"} if photo else {}
        self.connection.request(method, f"/api/v1/{path}", photo, headers)
        return json.load(self.connection.getresponse())


def change(clients: list[Client], queries: int, matrix: np.ndarray) -> None:
    """Every step of a change, there and back, spread over the queries."""
    first = active_encoder().version
    second = write_warped(matrix, first)
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
                f"{asked(clients)} queries, now: encoder {' '.join(step)}", flush=True
            )
            call_command("encoder", *step)
        wait_until(clients, queries)
    finally:
        for client in clients:
            client.stopped.set()
        for client in clients:
            client.join()


def asked(clients: list[Client]) -> int:
    return sum(len(client.answers) + len(client.errors) for client in clients)


def wait_until(clients: list[Client], queries: int) -> None:
    while asked(clients) < queries:
        if not any(client.is_alive() for client in clients):
            raise RuntimeError("The clients have stopped.")
        time.sleep(0.05)


def figures(clients: list[Client], truth: Truth, seconds: float) -> dict[str, object]:
    answers = [answer for client in clients for answer in client.answers]
    for error in [error for client in clients for error in client.errors][:10]:
        print(error)
    filled = [answer for answer in answers if answer.found]
    times = np.array([answer.took_ms for answer in answers])
    by_encoder = dict.fromkeys(truth.shop, 0)
    for answer in answers:
        by_encoder[answer.encoder] += 1
    return {
        "photos": len(truth.skus),
        "queries": asked(clients),
        "errors": sum(len(client.errors) for client in clients),
        "empty": sum(truth.has_some(each) for each in answers if not each.found),
        "mixed": sum(not truth.holds(answer) for answer in filled),
        # The control: held to the other encoder, no answer may pass.
        "fit_the_other": sum(
            truth.holds(replace(answer, encoder=other))
            for answer in filled
            for other in truth.shop
            if other != answer.encoder
        ),
        "by_encoder": by_encoder,
        "expired_with_their_encoder": sum(client.expired for client in clients),
        "distances": sum(len(answer.found) for answer in filled),
        "p50_ms": percentile(times, 50),
        "p99_ms": percentile(times, 99),
        "longest_ms": percentile(times, 100),
        "seconds": round(seconds, 1),
    }


def warp(dimension: int) -> np.ndarray:
    """(dimension, dimension): turns and stretches, which changes every distance."""
    numbers = np.random.default_rng(1)
    turned, _ = np.linalg.qr(numbers.normal(size=(dimension, dimension)))
    return (turned * numbers.uniform(0.2, 2, size=dimension)).astype(np.float32)


def through(vectors: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(N, dimension) unit vectors -> the second encoder's, of unit length too."""
    moved = vectors @ matrix
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def write_warped(matrix: np.ndarray, first: str) -> Path:
    """The shipped network with the matrix behind it; the folder is its version."""
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
