"""What a shop of N photos needs: disk, memory, time to build the index, searches.

    python -m bench.ops.capacity [--photos N ...] [--memory-gb 64] [--cores 8]
                                 [--searches 50] [--measure] [--json]

Computed from figures measured at smaller sizes; `--measure` first measures the size of
the rows again. The last column says what to do for as many searches a second as
are wanted.
"""

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass, replace

PHOTOS = (100_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000)
GB = 1e9
# Of a server's memory, what the index may take beside connections and sorting.
INDEX_SHARE = 0.6


@dataclass(frozen=True)
class Constants:
    """Bytes for each photo, and times."""

    # `python -m bench.ops.capacity --measure`
    rows: float = 2168  # the catalogue with its indexes and words, and the vectors
    # `python -m bench.ann --rows 100000 --quantised`
    index: float = 912
    quantised_index: float = 444
    # `python -m bench.ann --rows 100000` and `--rows 1000000`, two cores
    sample: int = 1_000_000
    build_core_s: float = 2 * 352
    search_ms: float = 7.5
    search_ms_small: float = 3.2
    small: int = 100_000


@dataclass(frozen=True)
class Server:
    memory_gb: float = 64
    cores: int = 8


@dataclass(frozen=True)
class Need:
    photos: int
    rows_gb: float
    index_gb: float
    quantised_gb: float
    build_min: float
    searches_per_s: float
    step: str


def compute_need(photos: int, wanted: float, known: Constants, server: Server) -> Need:
    index, quantised = photos * known.index / GB, photos * known.quantised_index / GB
    # Each link of the graph is found by a search in it.
    growth = math.log(photos) / math.log(known.sample)
    build_s = known.build_core_s * photos / known.sample * growth / server.cores
    rate = server.cores * 1000 / _search_ms(photos, known)
    return Need(
        photos,
        round(photos * known.rows / GB, 1),
        round(index, 1),
        round(quantised, 1),
        round(build_s / 60, 1),
        round(rate),
        "; ".join(_steps(index, quantised, wanted / rate, server)),
    )


def _search_ms(photos: int, known: Constants) -> float:
    """Return the time of one search by the index, which grows with the logarithm."""
    slower = known.search_ms - known.search_ms_small
    grown = math.log(max(photos, known.small) / known.small)
    return known.search_ms_small + slower * grown / math.log(known.sample / known.small)


def _steps(index: float, quantised: float, share: float, server: Server) -> list[str]:
    room = server.memory_gb * INDEX_SHARE
    steps = []
    if index > room:
        steps.append("QUANTISED_INDEX=1")
    if quantised > room:
        # A node searches its own part in hardly less time, so that a cluster answers
        # no more searches than one server.
        steps.append(f"a cluster of {math.ceil(quantised / room)} nodes")
    if share > 1:
        replicas = math.ceil(share) - 1
        steps.append(f"{replicas} replica{'s' if replicas > 1 else ''}")
    return steps or ["one server"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, nargs="+", default=PHOTOS, metavar="N")
    parser.add_argument("--memory-gb", type=float, default=64, help="default: 64")
    parser.add_argument("--cores", type=int, default=8, help="default: 8")
    parser.add_argument(
        "--searches", type=float, default=500, help="wanted a second (default: 500)"
    )
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    known = Constants()
    if options.measure:
        known = replace(known, rows=measure_rows())
        print(f"Rows of a photo take {known.rows:.0f} bytes.", file=sys.stderr)
    server = Server(options.memory_gb, options.cores)
    needs = [compute_need(n, options.searches, known, server) for n in options.photos]
    if options.json:
        print(json.dumps([asdict(need) for need in needs]))
    else:
        print(table(needs))


def table(needs: list[Need]) -> str:
    """Return a table of Markdown."""
    titles = (
        *("photos", "rows, GB", "index, GB", "quantised, GB", "build, min"),
        *("searches/s", "for the searches wanted"),
    )
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    for need in needs:
        values = asdict(need).values()
        cells = [f"{v:,}" if isinstance(v, int) else str(v) for v in values]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def measure_rows(photos: int = 20_000) -> float:
    """Return the bytes of rows for each photo, in a synthetic shop."""
    # Here, since importing it makes settings of its own.
    from bench.empty_shop import empty_shop

    # isort: split
    import numpy as np
    from django.db import connection

    from bench.synthetic_shop import make_shop, store_shop
    from search.index.encoders import active_encoder
    from search.index.partitions import partition_name

    random = np.random.default_rng(1)
    vectors = random.standard_normal((photos, 128)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    shop = make_shop(vectors, np.arange(photos) % 9, list("abcdefghi"))
    with empty_shop(), connection.cursor() as cursor:
        encoder = active_encoder().pk
        cursor.execute(f"DROP INDEX {partition_name(encoder)}_hnsw")
        store_shop(shop, encoder)
        cursor.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r'"
            " AND relname ~ '^(catalog|search)_'"
        )
        return round(float(cursor.fetchone()[0]) / photos)


if __name__ == "__main__":
    main()
