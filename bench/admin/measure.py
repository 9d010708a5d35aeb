"""Measure the admin of the shop in FASHIONLENS_VAR; `bench.admin` runs this.

Times are those of Django's test client in this process, from the request to the last
byte of the page, with every middleware.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import django

django.setup()

import numpy as np  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench.cli import percentile  # noqa: E402
from bench.pages.measure import run_shop  # noqa: E402
from bench.synthetic_shop import FIRST_ID  # noqa: E402
from catalog.bulk.change import Change  # noqa: E402
from catalog.bulk.models import BulkChange  # noqa: E402
from catalog.bulk.services import apply, undo  # noqa: E402
from catalog.history.entries import Author  # noqa: E402
from catalog.models import Product  # noqa: E402

LIST = "/admin/catalog/product/"
WORDS = ("dress", "shirt", "blue", "hat", "shoes", "coat", "SKU-1", "100")
WARM_UP = 3
CHANGED = 10_000
DELETED = 4_000

Figures = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    options = parser.parse_args()
    with run_shop(options.products, options.photos):
        person, _ = User.objects.get_or_create(
            username="bench", defaults={"is_staff": True, "is_superuser": True}
        )
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(person)
        figures: Figures = {}
        for name, paths in pages(options.products, Random(1)):
            figures |= measure_page(client, name, paths, options.rounds)
        figures |= measure_deletion(client)
        figures |= measure_bulk(person)
    print(json.dumps(figures))


def pages(products: int, random: Random) -> Iterator[tuple[str, Callable[[], str]]]:
    last = max(products // 50, 1)
    yield "front page", lambda: "/admin/"
    yield "list", lambda: LIST
    yield "list, any page", lambda: f"{LIST}?p={random.randint(1, last)}"
    yield "list, filtered", lambda: f"{LIST}?stock=in&price_from=20&price_to=60"
    yield "list, words", lambda: f"{LIST}?q={random.choice(WORDS)}"
    yield (
        "form",
        lambda: f"{LIST}{FIRST_ID + random.randrange(products)}/change/",
    )


def measure_page(
    client: Client, name: str, paths: Callable[[], str], rounds: int
) -> Figures:
    times, queries = [], 0
    for number in range(WARM_UP + rounds):
        path = paths()
        started = time.perf_counter()
        get(client, path)
        if number >= WARM_UP:
            times.append((time.perf_counter() - started) * 1000)
    caches["process"].clear()  # as in a process that has just started
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            get(client, paths())
        queries = max(queries, len(captured))
    taken = np.array(times)
    return {
        f"{name}, p50 ms": percentile(taken, 50),
        f"{name}, p95 ms": percentile(taken, 95),
        f"{name}, queries": queries,
    }


def get(client: Client, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}.")


def measure_deletion(client: Client) -> Figures:
    """Ask for the deletion of many products, and do not confirm."""
    data = {"action": "move_to_trash", "select_across": 1, "_selected_action": FIRST_ID}
    started = time.perf_counter()
    answer = client.post(f"{LIST}?id__lt={FIRST_ID + DELETED}", data)
    taken = time.perf_counter() - started
    if answer.status_code != 200:
        raise SystemExit(f"The confirmation answered {answer.status_code}.")
    return {
        f"confirm the deletion of {DELETED}, s": round(taken, 2),
        f"confirm the deletion of {DELETED}, kB": round(len(answer.content) / 1000),
    }


def measure_bulk(person: User) -> Figures:
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True)[:CHANGED])
    author = Author(user=person.pk)
    bulk = BulkChange.objects.create(products=ids, user=person)
    change = Change("price_cents", "percent", -10)
    applying = _seconds(lambda: apply(bulk, change, label="Benchmark", author=author))
    undoing = _seconds(lambda: undo(bulk, author=author))
    return {
        f"price of {len(ids)} products, s": applying,
        "undo, s": undoing,
    }


def _seconds(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return round(time.perf_counter() - started, 2)


if __name__ == "__main__":
    main()
