"""What one hostile client costs, and whether the shop answers meanwhile.

    python -m bench.hostile [--only NAME] [--json]

Each attack is sent once, measuring CPU seconds and the growth of memory of the web
processes, then by several clients at once, while /healthz is probed as a container's
health check does. A probe is missed when no answer comes within its time limit.
"""

import http.client
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from io import BytesIO
from typing import Any

# First: importing it sets the environment.
from bench.live_shop import run_web

# isort: split
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from bench.cli import make_parser, print_figures
from bench.hostile.clients import (
    SLOW_STARTS,
    fifty_files,
    front_page,
    slow_client,
    stopped_database,
)
from bench.hostile.processes import cpu_s, forget_peaks, peak_bytes, web_processes
from bench.probes import probing
from ml.photo.tests.hostile import LARGEST, hostile_photos, many_scans
from ml.tests.files import as_bytes, heic_bytes

CLIENTS = 12
SLOW_CLIENTS = 24
PATIENCE_S = 90.0
SEARCH = "/api/v1/search/"

Send = Callable[[int], str]  # port -> a short outcome, such as a status


@dataclass(frozen=True)
class Attack:
    send: Send
    clients: int = CLIENTS  # at once
    around: Callable[[], AbstractContextManager[None]] = nullcontext


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--only", help="run one attack")
    options = parser.parse_args()
    attacks = make_attacks()
    if options.only:
        attacks = {options.only: attacks[options.only]}
    measured: dict[str, dict[str, Any]] = {}
    with run_web() as stack:
        _post(stack.port, "warm-up", as_bytes(Image.new("RGB", (90, 120), "red")))
        for name, attack in attacks.items():
            measured[name] = measure(stack.port, attack)
    figures: dict[str, object] = {
        f"{name}_{key}": value
        for name, costs in measured.items()
        for key, value in costs.items()
    }
    for key in ("cpu_s", "peak_mb", "probes_missed"):
        figures[f"most_{key}"] = max(costs[key] for costs in measured.values())
    print_figures(figures, as_json=options.json)


def make_attacks() -> dict[str, Attack]:
    """Return the attacks by name."""
    photos = {name: data for name, (data, _) in hostile_photos().items()}
    photos["scans"] = many_scans(18_000, LARGEST)
    photos["webp_30_megapixels"] = as_bytes(
        Image.new("RGBA", LARGEST), "WEBP", lossless=True
    )
    photos["rgba_wide"] = as_bytes(Image.new("RGBA", (60_000, 500)), "PNG")
    photos["heic"] = heic_bytes(Image.new("RGB", LARGEST, "navy"))
    attacks = {name: Attack(_photo_search(name, data)) for name, data in photos.items()}
    for name, start in SLOW_STARTS.items():
        attacks[name] = Attack(slow_client(start), SLOW_CLIENTS)
    attacks["fifty_files"] = Attack(fifty_files, 2)
    attacks["stopped_database"] = Attack(front_page, around=stopped_database)
    return attacks


def _photo_search(name: str, data: bytes) -> Send:
    return lambda port: _post(port, name, data)


def _post(port: int, name: str, photo: bytes) -> str:
    file = BytesIO(photo)
    file.name = name
    body = encode_multipart(BOUNDARY, {"photo": file})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("POST", SEARCH, body, {"Content-Type": MULTIPART_CONTENT})
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def measure(port: int, attack: Attack) -> dict[str, Any]:
    web = web_processes()
    cpu, memory = cpu_s(web), {p.pid: p.memory_info().rss for p in web}
    forget_peaks(web)
    with attack.around():
        once = attack.send(port)
    growth = [peak_bytes(p) - memory[p.pid] for p in web if p.is_running()]
    spent = cpu_s(web) - cpu
    pool = ThreadPoolExecutor(attack.clients)
    with attack.around(), probing(port) as probes, pool:
        outcomes = Counter(pool.map(attack.send, [port] * attack.clients))
    return {
        "answer": once,
        "cpu_s": round(spent, 2),
        "peak_mb": round(max(growth, default=0) / 2**20),
        "answers_at_once": dict(outcomes),
        "probes": probes.sent,
        "probes_missed": probes.missed,
        "slowest_probe_s": round(probes.slowest_s, 2),
        "processes_died": sum(not p.is_running() for p in web),
    }


if __name__ == "__main__":
    main()
