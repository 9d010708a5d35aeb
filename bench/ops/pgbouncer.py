"""Try a shop behind PgBouncer in transaction mode: commands, pages and searches.

Needs `pgbouncer` (Debian: the package of that name). All share 4 connections
of the server.
"""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psycopg

from bench.cli import free_port, make_parser, print_figures
from bench.ops.shop import TrialShop, search_addresses, status_of, trial_shop
from fashionlens import embedded
from fashionlens.embedded.paths import DATABASE, PORT, USER

CLIENTS = 8
CONFIG = """[databases]
{name} = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
"""
FEED = "id,title,price,product_type\nPOOLED-1,Wool coat,19.90 EUR,Coats\n"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--searches", type=int, default=10_000)
    options = parser.parse_args()
    if not (program := shutil.which("pgbouncer")):
        sys.exit(
            "There is no pgbouncer. Install it (Debian: apt-get install pgbouncer)."
        )
    with trial_shop() as shop, pooler(shop.var, program) as url:
        pooled = {"DATABASE_URL": url, "PGBOUNCER": "1"}
        figures = try_commands(shop, pooled)
        with shop.web(**pooled) as address:
            figures |= search(address, options.searches)
        figures["jit"] = shop.manage(
            "shell",
            "--no-imports",
            "--command",
            "from django.db import connection; c = connection.cursor();"
            "c.execute('SHOW jit'); print(c.fetchone()[0])",
            **pooled,
        ).strip()
    print_figures(figures, as_json=options.json)


@contextmanager
def pooler(var: Path, program: str) -> Iterator[str]:
    """Run PgBouncer in front of the embedded server; yield the URL of the database."""
    port, config = free_port(), var / "pgbouncer.ini"
    config.write_text(
        CONFIG.format(
            name=DATABASE,
            host=embedded.run_dir(var),
            port=PORT,
            user=USER,
            listen_port=port,
        )
    )
    config.chmod(0o644)
    as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [program, "--quiet", *as_user, str(config)], stderr=subprocess.DEVNULL
    )
    try:
        url = f"postgres://{USER}@127.0.0.1:{port}/{DATABASE}"
        for _ in range(100):
            try:
                psycopg.connect(url).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def try_commands(shop: TrialShop, pooled: dict[str, str]) -> dict[str, object]:
    feed = shop.var / "feed.csv"
    feed.write_text(FEED)
    shop.manage("import_feed", str(feed), "--archive-missing", "--force", **pooled)
    shop.manage("find_duplicates", **pooled)
    shop.manage("measure_recall", **pooled)
    shop.manage("index_status", **pooled)
    shop.manage("check", "--database", "default", **pooled)
    return {"commands": "ok"}


def search(address: str, searches: int) -> dict[str, object]:
    addresses = islice(search_addresses(address), searches)
    started = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        statuses = Counter(clients.map(status_of, addresses))
    seconds = time.monotonic() - started
    return {
        "searches": searches,
        "clients": CLIENTS,
        "errors": searches - statuses[200],
        "searches_per_s": round(searches / seconds),
    }


if __name__ == "__main__":
    main()
