"""What one hostile client costs, and whether the shop answers meanwhile.

    python -m bench.hostile [--only NAME] [--json]

Each attack is sent once, measuring CPU seconds and the growth of memory of the web
processes, then by several clients at once, while /healthz is probed as a container's
health check does. A probe is missed when no answer comes within its time limit.
"""

import http.client
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

# First: importing it sets the environment.
from bench.live_shop import run_web

# isort: split
import psutil
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from bench.cli import make_parser, print_figures
from bench.ops.hostile_clients import (
    SLOW_STARTS,
    fifty_files,
    front_page,
    slow_client,
    stopped_database,
)
from ml.photo.tests.hostile import LARGEST, hostile_photos, many_scans
from ml.tests.files import as_bytes, heic_bytes

PROBE_EVERY_S, PROBE_LIMIT_S = 0.5, 4.0  # the limit of the container's health check
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


@dataclass
class Probes:
    sent: int = 0
    missed: int = 0
    slowest_s: float = 0
    _stop: Event = field(default_factory=Event)

    def run(self, port: int) -> None:
        while not self._stop.wait(PROBE_EVERY_S):
            started = time.perf_counter()
            self.sent += 1
            self.missed += not _answers(port)
            self.slowest_s = max(self.slowest_s, time.perf_counter() - started)

    def stop(self) -> None:
        self._stop.set()


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--only", help="run one attack")
    options = parser.parse_args()
    attacks = make_attacks()
    if options.only:
        attacks = {options.only: attacks[options.only]}
    figures: dict[str, object] = {}
    with run_web() as stack:
        _post(stack.port, "warm-up", as_bytes(Image.new("RGB", (90, 120), "red")))
        for name, attack in attacks.items():
            for key, value in measure(stack.port, attack).items():
                figures[f"{name}_{key}"] = value
    for key in ("cpu_s", "peak_mb", "probes_missed"):
        values = [v for k, v in figures.items() if k.endswith(f"_{key}")]
        figures[f"most_{key}"] = max(values, key=float)  # type: ignore[arg-type]
    print_figures(figures, as_json=options.json)


def make_attacks() -> dict[str, Attack]:
    """Return the attacks by name; what is new needs one row here."""
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


def measure(port: int, attack: Attack) -> dict[str, object]:
    web = web_processes()
    cpu, memory = _cpu_s(web), {p.pid: p.memory_info().rss for p in web}
    _forget_peaks(web)
    with attack.around():
        once = attack.send(port)
    growth = [_peak(p) - memory[p.pid] for p in web if p.is_running()]
    spent = _cpu_s(web) - cpu
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


@contextmanager
def probing(port: int) -> Iterator[Probes]:
    """Probe inside the block, and once after it."""
    probes = Probes()
    thread = Thread(target=probes.run, args=(port,))
    thread.start()
    try:
        yield probes
        time.sleep(PROBE_EVERY_S)
    finally:
        probes.stop()
        thread.join()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_LIMIT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def web_processes() -> list[psutil.Process]:
    mine = psutil.Process().children()
    (master,) = [p for p in mine if any("fashionlens.wsgi" in a for a in p.cmdline())]
    return [master, *master.children(recursive=True)]


def _cpu_s(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _forget_peaks(processes: list[psutil.Process]) -> None:
    for process in processes:
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def _peak(process: psutil.Process) -> int:
    """Return the most memory in bytes since `_forget_peaks`."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
