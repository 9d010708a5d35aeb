"""Photo search over HTTP, compared with the report's simplest search page.

    python -m bench.report_peer --data DIR [--json]

One client sends photos of the test split to both in alternating blocks:
our API over gunicorn and Postgres, and `bench.peer_app`, Flask with model.predict and
a NumPy brute force over the same vectors, both with the report's network. The memory of
the web processes is reported too.
"""

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# First: importing it sets the environment.
from bench.live_shop import REPORT, run_shop

# isort: split
import numpy as np
import psutil
from django.conf import settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from bench.cli import free_port, make_data_parser, percentile, print_figures
from search.index.embed import index_status
from search.index.encoders import active_encoder
from search.models import Embedding

# Searches per block; the first WARM_UP of them are not counted.
BLOCK, WARM_UP = 40, 10


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--photos", type=int, default=360, help="default: 360")
    options = parser.parse_args()
    test = sorted((options.data / "test").glob("*/*.jpg"))
    chosen = np.random.default_rng(1).permutation(len(test))[: options.photos]
    bodies = [multipart(test[index]) for index in chosen]
    with run_shop(options.data, REPORT) as stack, run_peer() as peer_port:
        status = index_status()
        targets = {
            "ours": (stack.port, "/api/v1/search/?page_size=12"),
            "peer": (peer_port, "/"),
        }
        times: dict[str, list[float]] = {name: [] for name in targets}
        for start in range(0, len(bodies), BLOCK):
            for name, (port, path) in targets.items():
                taken = [post_ms(port, path, body) for body in bodies[start:][:BLOCK]]
                times[name] += taken[WARM_UP:]
        web = web_figures()
    kept = {name: np.array(taken) for name, taken in times.items()}
    print_figures(figures(status, kept) | web, as_json=options.json)


def figures(
    status: dict[str, object], times: dict[str, np.ndarray]
) -> dict[str, object]:
    found: dict[str, object] = {
        "photos_indexed": status["embedded"],
        "searches_each": len(times["ours"]),
    }
    for share in (50, 95):
        ours = percentile(times["ours"], share)
        for name, each in times.items():
            found[f"{name}_p{share}_ms"] = percentile(each, share)
        found[f"ratio_p{share}"] = round(percentile(times["peer"], share) / ours, 1)
    return found


def multipart(photo: Path) -> bytes:
    with photo.open("rb") as file:
        return encode_multipart(BOUNDARY, {"photo": file})


def post_ms(port: int, path: str, body: bytes) -> float:
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, {"Content-Type": MULTIPART_CONTENT})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status >= 300:
        raise SystemExit(f"{path} answered {response.status}: {answer[:300]!r}")
    return (time.perf_counter() - started) * 1000


@contextmanager
def run_peer() -> Iterator[int]:
    gallery = settings.VAR / "gallery.npy"
    rows = Embedding.objects.filter(encoder=active_encoder())
    np.save(gallery, np.array(list(rows.values_list("vector", flat=True))))
    port = free_port()
    command = [sys.executable, "-m", "bench.peer_app", str(REPORT), str(gallery)]
    process = subprocess.Popen(
        [*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            with suppress(OSError):
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def web_figures() -> dict[str, object]:
    mine = psutil.Process().children()
    (master,) = [p for p in mine if any("fashionlens.wsgi" in a for a in p.cmdline())]
    workers = master.children()
    return {
        "web_process_mb": max(p.memory_info().rss for p in workers) // 2**20,
        "web_imports_tensorflow": any(imports_tensorflow(p) for p in workers),
    }


def imports_tensorflow(process: psutil.Process) -> bool:
    return any("tensorflow" in region.path for region in process.memory_maps())


if __name__ == "__main__":
    main()
