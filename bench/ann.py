"""The vector index alone, compared with FAISS and hnswlib.

    python -m bench.ann --data DIR [--rows 1000000] [--alone] [--quantised] [--json]

The table is like the partition of an encoder. Vectors are synthesised from those of
real photos; queries are photos of another split. Times are those of one client that
sends one query after the other. The libraries hold the same vectors in this process and
use one thread per query and the same graph parameters (m, ef).
"""

# First: importing it sets the environment.
from bench.empty_shop import empty_shop

# isort: split
import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product

import faiss
import numpy as np
from django.db import connection
from pgvector import Vector
from tqdm import tqdm

from bench.cli import make_data_parser, percentile, print_figures
from bench.synthetic_shop import FIRST_ID, copy_vectors, load_embeddings, make_vectors
from search.index.partitions import HNSW, QUANTISED, QUANTISED_HNSW
from search.query.nearest import MIN_BREADTH, RERANKED

try:
    import hnswlib
except ImportError:  # from Python 3.13 on there are no wheels
    hnswlib = None

K = 10
M, EF_CONSTRUCTION = map(int, re.findall(r"\d+", HNSW))
WARM_UP = 50
TABLE = "bench_vectors"
CREATE = f"""
    CREATE TABLE {TABLE} (
        encoder_id bigint NOT NULL, image_id bigint NOT NULL,
        vector vector(128) NOT NULL CHECK (abs(vector_norm(vector) - 1) < 1e-3),
        PRIMARY KEY (encoder_id, image_id)
    )"""
# Enough to build the graph of a million vectors in memory.
BUILD_MEMORY = "2GB"
SELECT_NEAREST = f"SELECT image_id FROM {TABLE} ORDER BY vector <=> %(query)s LIMIT {K}"
SELECT_QUANTISED = f"""
    SELECT image_id FROM (
        SELECT image_id, vector <=> %(query)s AS distance FROM {TABLE}
        ORDER BY {QUANTISED} <=> %(query)s LIMIT {K * RERANKED}
    ) AS found ORDER BY distance LIMIT {K}"""
Search = Callable[[np.ndarray], Iterable[int]]  # (128,) -> K numbers of rows


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="default: 1000000")
    parser.add_argument(
        "--alone",
        action="store_true",
        help="skip the graphs of the libraries, which take as long to build",
    )
    parser.add_argument(
        "--quantised",
        action="store_true",
        help="compare with the index of QUANTISED_INDEX=1, on the same table",
    )
    options = parser.parse_args()
    photos, labels, _ = load_embeddings(options.data / "train")
    queries, _, _ = load_embeddings(options.data / "test")
    rows, _ = make_vectors(photos, labels, options.rows)
    faiss.omp_set_num_threads(2)
    flat = faiss.IndexFlatIP(128)
    flat.add(rows)
    truth = flat.search(queries, K)[1]
    figures: dict[str, object] = {"rows": options.rows, "queries": len(queries)}
    with empty_shop():
        figures |= postgres(rows, queries, truth, options.quantised)
    faiss.omp_set_num_threads(1)
    figures |= measure(
        queries, truth, faiss_flat=lambda q: flat.search(q[None], K)[1][0]
    )
    if not options.alone:
        figures |= faiss_hnsw(rows, queries, truth)
    if hnswlib and not options.alone:
        figures |= hnswlib_hnsw(rows, queries, truth)
    ours = float(str(figures["p50_ms"]))
    for name in ("faiss_flat", "faiss_hnsw", "hnswlib"):
        if theirs := figures.get(f"{name}_p50_ms"):
            figures[f"{name}_time_ratio"] = round(float(str(theirs)) / ours, 2)
    print_figures(figures, as_json=options.json)


def postgres(
    rows: np.ndarray, queries: np.ndarray, truth: np.ndarray, quantised: bool
) -> dict[str, object]:
    figures = load_table(rows)
    figures |= build("", f"(vector vector_cosine_ops) WITH ({HNSW})")
    searches = {"": partial(search, SELECT_NEAREST)}
    if quantised:
        what = f"(({QUANTISED}) halfvec_cosine_ops) WITH ({QUANTISED_HNSW})"
        figures |= build("quantised_", what)
        searches["quantised"] = partial(search, SELECT_QUANTISED)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {TABLE}")
        cursor.execute(f"SET hnsw.ef_search = {MIN_BREADTH}")
        cursor.execute("SET hnsw.iterative_scan = relaxed_order")
    assert "Index Scan" in plan(SELECT_NEAREST, queries[0])
    assert not quantised or "bench_quantised_" in plan(SELECT_QUANTISED, queries[0])
    return figures | measure(queries, truth, **searches)


def search(sql: str, query: np.ndarray) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"query": Vector(query).to_text()})
        return [image_id - FIRST_ID for (image_id,) in cursor.fetchall()]


def load_table(rows: np.ndarray) -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        started = time.perf_counter()
        copy_vectors(TABLE, 1, rows)
        cursor.execute(f"SET maintenance_work_mem = '{BUILD_MEMORY}'")
    return {"load_s": seconds_since(started)}


def build(name: str, what: str) -> dict[str, object]:
    """Build an index; return how long it took and how large it is."""
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(f"CREATE INDEX bench_{name} ON {TABLE} USING hnsw {what}")
        built = seconds_since(started)
        cursor.execute(f"SELECT pg_relation_size('bench_{name}')")
        size = cursor.fetchone()[0]
    return {f"{name}build_s": built, f"{name}index_mb": round(size / 2**20, 1)}


def plan(sql: str, query: np.ndarray) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", {"query": str(query.tolist())})
        return "\n".join(line for (line,) in cursor.fetchall())


def faiss_hnsw(
    rows: np.ndarray, queries: np.ndarray, truth: np.ndarray
) -> dict[str, object]:
    faiss.omp_set_num_threads(2)
    index = faiss.IndexHNSWFlat(128, M, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    index.hnsw.efSearch = MIN_BREADTH
    started = time.perf_counter()
    index.add(rows)
    built = seconds_since(started)
    faiss.omp_set_num_threads(1)
    figures = measure(
        queries, truth, faiss_hnsw=lambda q: index.search(q[None], K)[1][0]
    )
    return {"faiss_hnsw_build_s": built} | figures


def hnswlib_hnsw(
    rows: np.ndarray, queries: np.ndarray, truth: np.ndarray
) -> dict[str, object]:
    index = hnswlib.Index(space="cosine", dim=128)
    index.init_index(len(rows), M=M, ef_construction=EF_CONSTRUCTION)
    index.set_ef(MIN_BREADTH)
    started = time.perf_counter()
    index.add_items(rows, num_threads=2)
    built = seconds_since(started)
    index.set_num_threads(1)
    figures = measure(
        queries, truth, hnswlib=lambda q: index.knn_query(q[None], k=K)[0][0]
    )
    return {"hnswlib_build_s": built} | figures


def seconds_since(started: float) -> float:
    return round(time.perf_counter() - started, 1)


def measure(
    queries: np.ndarray, truth: np.ndarray, **searches: Search
) -> dict[str, object]:
    """Return recall@K and the search times in ms, after a warm-up.

    Several searches take turns, so that the machine is the same for all.
    """
    for query, run in product(queries[:WARM_UP], searches.values()):
        run(query)
    hits = dict.fromkeys(searches, 0)
    times: dict[str, list[float]] = {name: [] for name in searches}
    for query, nearest in zip(tqdm(queries, unit=" queries"), truth, strict=True):
        for name, run in searches.items():
            started = time.perf_counter()
            found = run(query)
            times[name].append((time.perf_counter() - started) * 1000)
            hits[name] += len(set(found) & set(nearest))
    figures: dict[str, object] = {}
    for name, taken in times.items():
        prefix = f"{name}_" if name else ""
        figures[f"{prefix}recall"] = round(hits[name] / K / len(queries), 4)
        figures[f"{prefix}p50_ms"] = percentile(np.array(taken), 50)
        figures[f"{prefix}p95_ms"] = percentile(np.array(taken), 95)
    return figures


if __name__ == "__main__":
    main()
