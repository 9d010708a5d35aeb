"""What shoppers notice while many search with photos.

    python -m bench.load --data DIR [--seconds N] [--json]

One client loads the front page, alone and then beside 64 clients that upload photos;
16 clients then search as fast as they are answered. /healthz is probed all the time.
"""

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

# First: importing it sets the environment.
from bench.live_shop import run_shop

# isort: split
import numpy as np

from bench.cli import make_data_parser, percentile, print_figures
from bench.probes import probing

UPLOADING, SEARCHING = 64, 16
PAUSE_S = 0.05  # between two loads of the front page


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="of each part")
    options = parser.parse_args()
    photos = sorted((options.data / "test").glob("*/*.jpg"))[:40]
    seconds = options.seconds
    with run_shop(options.data) as stack, probing(stack.port) as probes:
        run_uploads(stack.port, 2, 2, photos)  # loads the network
        alone = load_front_page(stack.port, seconds)
        uploads = start_uploads(stack.port, UPLOADING, seconds + 3, photos)
        time.sleep(2)
        beside = load_front_page(stack.port, seconds)
        uploads.communicate()
        searches = run_uploads(stack.port, SEARCHING, seconds, photos)
    found = np.array(searches["found_ms"])
    figures = {
        "front_page_alone_p95_ms": percentile(alone, 95),
        "front_page_beside_p95_ms": percentile(beside, 95),
        "front_page_ratio_p95": round(
            percentile(beside, 95) / percentile(alone, 95), 1
        ),
        "photo_searches_per_s": round(len(found) / seconds, 1),
        "photo_search_p50_ms": percentile(found, 50),
        "photo_search_p99_ms": percentile(found, 99),
        "photo_search_answers": searches["statuses"],
        "probes": probes.sent,
        "probes_missed": probes.missed,
        "slowest_probe_s": round(probes.slowest_s, 2),
    }
    print_figures(figures, as_json=options.json)


def load_front_page(port: int, seconds: float) -> np.ndarray:
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        connection.close()
        if response.status != 200:
            raise SystemExit(f"The front page answered {response.status}.")
        taken.append((time.perf_counter() - started) * 1000)
        time.sleep(PAUSE_S)
    return np.array(taken)


def start_uploads(
    port: int, clients: int, seconds: int, photos: list[Path]
) -> subprocess.Popen[str]:
    numbers = [str(each) for each in (port, clients, seconds)]
    command = [sys.executable, "-m", "bench.load.uploads", *numbers, *map(str, photos)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def run_uploads(port: int, clients: int, seconds: int, photos: list[Path]) -> dict:
    output, _ = start_uploads(port, clients, seconds, photos).communicate()
    return json.loads(output)


if __name__ == "__main__":
    main()
