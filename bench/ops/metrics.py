"""What metrics cost a photo search: two web servers, with and without, take turns.

python -m bench.ops.metrics [--searches 1000] [--json]
"""

import os
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.cli import make_parser, percentile, print_figures
from bench.ops.shop import trial_shop

WARM_UP = 30


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--searches", type=int, default=1000, help="default: 1000")
    options = parser.parse_args()
    # One process each, so that both have the same chance of a busy core.
    one = {"WEB_CONCURRENCY": "1"}
    with (
        trial_shop() as shop,
        shop.web(**one, METRICS_TOKEN="") as plain,
        shop.web(**one, METRICS_TOKEN="only for this trial") as measured,
    ):
        photo = next((shop.var / "drawn").rglob("*.*g"))
        times = take_turns([plain, measured], photo, options.searches)
    figures: dict[str, object] = {"searches": options.searches, "cores": os.cpu_count()}
    for name, taken in zip(("without", "with"), times, strict=True):
        figures |= {f"{name}_p{p}_ms": percentile(taken, p) for p in (50, 95)}
    without, with_ = (float(np.median(taken)) for taken in times)
    figures["cost_p50_percent"] = round(100 * (with_ / without - 1), 2)
    print_figures(figures, as_json=options.json)


def take_turns(servers: list[str], photo: Path, searches: int) -> list[np.ndarray]:
    """Return the times in ms of each server, which is first in every other turn."""
    body = photo.read_bytes()
    sends = [_sender(server, body) for server in servers]
    times: list[list[float]] = [[] for _ in servers]
    for turn in range(WARM_UP + searches):
        for number in range(len(sends))[:: 1 if turn % 2 else -1]:
            started = time.perf_counter()
            sends[number]()
            if turn >= WARM_UP:
                times[number].append((time.perf_counter() - started) * 1000)
    return [np.array(each) for each in times]


def _sender(server: str, body: bytes) -> Callable[[], None]:
    request = urllib.request.Request(
        f"{server}/api/v1/search/", body, {"Content-Type": "image/jpeg"}
    )

    def send() -> None:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    return send


if __name__ == "__main__":
    main()
