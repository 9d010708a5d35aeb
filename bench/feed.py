"""Import of a product feed: new, with other prices, again unchanged, and from a ZIP.

    python -m bench.feed [--rows 50000] [--lines 1000000] [--zip 400] [--json]

The rows share a few drawn photos, so that their products are known soon. Each product
of the ZIP archive has a photo of its own; its time ends when all of them can be
searched. Each import is a process of its own, whose largest memory counts. The products
are deleted afterwards.
"""

import csv
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from zipfile import ZipFile

from bench.cli import make_parser, print_figures

# First: importing it sets the environment.
from bench.live_shop import settings

# isort: split
from django.core.management import call_command
from django.db import connection
from PIL import Image

from catalog.models import Product
from fashionlens.demo.sample import draw_sample
from fashionlens.stack import Stack

SKU = "BENCH-FEED-"
HEAD = ["id", "title", "price", "product_type", "image_link", "quantity"]
SHARED_PHOTOS = 20
POLL_S = 0.05
# Of runs and their progress; all others hold the catalogue.
_OF_RUNS = ("catalog_feedrun", "catalog_feedsource", "catalog_feedproblem")


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="default: 50000")
    parser.add_argument("--lines", type=int, default=1_000_000, help="default: 1000000")
    parser.add_argument("--zip", type=int, default=400, help="products; default: 400")
    options = parser.parse_args()
    figures: dict[str, object] = {"rows": options.rows}
    with tempfile.TemporaryDirectory() as name, run_servers():
        folder = Path(name)
        draw_sample(folder / "drawn")
        delete_products()
        figures |= measure_table(folder, options.rows)
        figures |= measure_length(folder, options.rows, options.lines)
        delete_products()
        figures |= measure_zip(folder, options.zip)
        delete_products()
    print_figures(figures, as_json=options.json)


@contextmanager
def run_servers() -> Iterator[None]:
    with Stack(command="demo", quiet=True, port=settings.PORT) as stack:
        stack.start_servers()
        stack.migrate()
        yield


def measure_table(folder: Path, rows: int) -> dict[str, object]:
    feed = write_feed(folder, table_rows(folder, rows, "19.90"))
    first_s, first_mb = import_feed(feed)
    write_feed(folder, table_rows(folder, rows, "17.90"))
    known_s, known_mb = import_feed(feed)
    writes = count_writes()
    again_s, again_mb = import_feed(feed)
    return {
        "first_rows_per_s": round(rows / first_s, 1),
        "known_rows_per_s": round(rows / known_s, 1),
        "again_rows_per_s": round(rows / again_s, 1),
        "again_takes": round(again_s / first_s, 3),
        "again_writes": count_writes() - writes,
        "first_memory_mb": first_mb,
        "known_memory_mb": known_mb,
        "again_memory_mb": again_mb,
    }


def measure_length(folder: Path, rows: int, lines: int) -> dict[str, object]:
    """Import a table whose lines name the same products again and again."""
    feed = write_feed(folder, islice(cycle(table_rows(folder, rows, "17.90")), lines))
    seconds, memory_mb = import_feed(feed)
    return {
        "lines": lines,
        "lines_per_s": round(lines / seconds, 1),
        "lines_memory_mb": memory_mb,
    }


def measure_zip(folder: Path, products: int) -> dict[str, object]:
    path = folder / "feed.zip"
    photos = sorted((folder / "drawn").glob("*/*.jpg"))
    with ZipFile(path, "w") as archive:
        rows = []
        for number, photo in enumerate(islice(cycle(photos), products)):
            changed = folder / "changed.jpg"
            with Image.open(photo) as image:
                image.putpixel((number % image.width, number // image.width), 0)
                image.save(changed, quality=90)
            archive.write(changed, f"photos/{number}.jpg")
            rows.append([f"{SKU}{number}", f"{photo.stem} {number}", "19.90", "Bench"])
            rows[-1] += [f"{number}.jpg", "1"]
        archive.write(write_feed(folder, rows), "feed.csv")
    import_s, _ = import_feed(path)
    started = time.perf_counter()
    call_command("embed", here=True, verbosity=0)
    whole_s = import_s + time.perf_counter() - started
    return {
        "zip_products": products,
        "zip_import_per_s": round(products / import_s, 1),
        "zip_products_per_s": round(products / whole_s, 1),
    }


def table_rows(folder: Path, rows: int, price: str) -> list[list[str]]:
    photos = sorted((folder / "drawn").glob("*/*.jpg"))[:SHARED_PHOTOS]
    return [
        [
            *(f"{SKU}{number}", f"{photo.stem} {number}", price, photo.parent.name),
            *(str(photo.relative_to(folder)), str(number % 9)),
        ]
        for number, photo in enumerate(islice(cycle(photos), rows))
    ]


def write_feed(folder: Path, rows: Iterable[list[str]]) -> Path:
    feed = folder / "feed.csv"
    with feed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(rows)
    return feed


def import_feed(feed: Path) -> tuple[float, int]:
    """Return seconds and largest memory in MB of the command."""
    started = time.perf_counter()
    command = [sys.executable, "manage.py", "import_feed", str(feed)]
    command += ["--feed-name", "bench", "--photos"]
    command.append(str(feed if feed.suffix == ".zip" else feed.parent))
    largest_kb = 0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            largest_kb = max(largest_kb, read_peak_kb(process.pid))
            time.sleep(POLL_S)
        seconds = time.perf_counter() - started
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode()[-2000:])
    return seconds, largest_kb // 1024


def read_peak_kb(pid: int) -> int:
    """Return the largest memory so far, which rusage mixes with this process's."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:  # it has just ended
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


def count_writes() -> int:
    """Return how many rows of the catalogue were ever written."""
    connection.close()  # so that the statistics are fresh
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_force_next_flush(), sum(n_tup_ins + n_tup_upd + n_tup_del)"
            " FROM pg_stat_user_tables WHERE relname LIKE 'catalog_%%'"
            " AND relname <> ALL(%s)",
            [list(_OF_RUNS)],
        )
        return int(cursor.fetchone()[1] or 0)


def delete_products() -> None:
    Product.objects.filter(sku__startswith=SKU).delete()


if __name__ == "__main__":
    main()
