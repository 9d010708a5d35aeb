"""Search in a shop with a streaming replica, which is killed and brought back.

    python -m bench.ops.replica [--seconds 60] [--json]

Eight clients search all the time. After a third of it the replica is killed, after two
thirds it is started again. `reads_*` are scans of the products on the replica.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice

import psycopg

from bench.cli import make_parser, print_figures
from bench.ops.shop import TrialShop, search_addresses, status_of, trial_shop
from bench.ops.standby import Standby, standby
from fashionlens import embedded
from fashionlens.embedded.paths import DATABASE

CLIENTS = 8
BACK_WITHIN_S = 60
_SCANS = """
SELECT coalesce(sum(seq_scan + idx_scan), 0) FROM pg_stat_user_tables
WHERE relname = 'catalog_product'
"""


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="default: 60")
    options = parser.parse_args()
    with trial_shop() as shop:
        socket_dir = str(embedded.run_dir(shop.var))
        with standby(socket_dir) as replica:
            figures = lose_replica(shop, replica, options.seconds / 3)
    print_figures(figures, as_json=options.json)


def lose_replica(
    shop: TrialShop, replica: Standby, phase_s: float
) -> dict[str, object]:
    figures: dict[str, object] = {"clients": CLIENTS}
    web = shop.web(DATABASE_REPLICA_URL=replica.url(DATABASE))
    with web as address, searching(address) as statuses:
        time.sleep(phase_s)
        figures["reads_before"] = count_reads(replica)
        replica.kill()
        time.sleep(phase_s)
        started = time.monotonic()
        replica.start()
        while not count_reads(replica) and time.monotonic() < started + BACK_WITHIN_S:
            time.sleep(0.1)
        figures["back_after_s"] = round(time.monotonic() - started, 1)
        time.sleep(phase_s)
        figures["reads_after"] = count_reads(replica)
    figures["searches"] = statuses.total()
    figures["errors"] = statuses.total() - statuses[200]
    return figures


@contextmanager
def searching(address: str) -> Iterator[Counter[int]]:
    """Search all the time; yield the answers' statuses."""
    urls = list(islice(search_addresses(address), 200))
    statuses: Counter[int] = Counter()
    done = threading.Event()

    def search(start: int) -> None:
        for number in range(start, 1_000_000):
            if done.is_set():
                return
            status = status_of(urls[number % len(urls)])
            with lock:
                statuses[status] += 1

    lock = threading.Lock()
    with ThreadPoolExecutor(CLIENTS) as clients:
        found = [clients.submit(search, client * 7) for client in range(CLIENTS)]
        try:
            yield statuses
        finally:
            done.set()
        for each in found:
            each.result()


def count_reads(replica: Standby) -> int:
    """Return how often the products were read since the replica started."""
    with psycopg.connect(replica.url(DATABASE)) as connection:
        row = connection.execute(_SCANS).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    main()
