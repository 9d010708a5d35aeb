"""The vector index alone, compared with FAISS and hnswlib.

    python -m bench.ann --data DIR [--rows 1000000] [--alone] [--json]

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

import faiss
import numpy as np
from django.db import connection
from tqdm import tqdm

from bench.cli import make_data_parser, percentile, print_figures
from bench.synthetic_shop import FIRST_ID, copy_vectors, load_embeddings, make_vectors
from search.index.partitions import HNSW
from search.query.nearest import MIN_BREADTH

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
SELECT_NEAREST = (
    f"SELECT image_id FROM {TABLE} ORDER BY vector <=> %s::vector LIMIT {K}"
)
Search = Callable[[np.ndarray], Iterable[int]]  # (128,) -> K numbers of rows


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="default: 1000000")
    parser.add_argument(
        "--alone",
        action="store_true",
        help="skip the graphs of the libraries, which take as long to build",
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
        figures |= postgres(rows, queries, truth)
    faiss.omp_set_num_threads(1)
    figures |= measure(
        "faiss_flat_", queries, truth, lambda q: flat.search(q[None], K)[1][0]
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
    rows: np.ndarray, queries: np.ndarray, truth: np.ndarray
) -> dict[str, object]:
    figures = build_table(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"SET hnsw.ef_search = {MIN_BREADTH}")
        cursor.execute("SET hnsw.iterative_scan = relaxed_order")

        def search(query: np.ndarray) -> list[int]:
            text = "[" + ",".join(map(str, query.tolist())) + "]"
            cursor.execute(SELECT_NEAREST, [text])
            return [image_id - FIRST_ID for (image_id,) in cursor.fetchall()]

        assert "Index Scan" in plan(queries[0])
        figures |= measure("", queries, truth, search)
    return figures


def build_table(rows: np.ndarray) -> dict[str, object]:
    figures: dict[str, object] = {}
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        started = time.perf_counter()
        copy_vectors(TABLE, 1, rows)
        figures["load_s"] = seconds_since(started)
        started = time.perf_counter()
        cursor.execute(f"SET maintenance_work_mem = '{BUILD_MEMORY}'")
        cursor.execute(
            f"CREATE INDEX ON {TABLE} USING hnsw (vector vector_cosine_ops)"
            f" WITH ({HNSW})"
        )
        figures["build_s"] = seconds_since(started)
        cursor.execute(
            "SELECT pg_relation_size(indexrelid) FROM pg_index"
            f" WHERE indrelid = '{TABLE}'::regclass ORDER BY 1 DESC LIMIT 1"
        )
        figures["index_mb"] = cursor.fetchone()[0] // 2**20
        cursor.execute(f"VACUUM ANALYZE {TABLE}")
    return figures


def plan(query: np.ndarray) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {SELECT_NEAREST}", [str(query.tolist())])
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
        "faiss_hnsw_", queries, truth, lambda q: index.search(q[None], K)[1][0]
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
        "hnswlib_", queries, truth, lambda q: index.knn_query(q[None], k=K)[0][0]
    )
    return {"hnswlib_build_s": built} | figures


def seconds_since(started: float) -> float:
    return round(time.perf_counter() - started, 1)


def measure(
    name: str, queries: np.ndarray, truth: np.ndarray, search: Search
) -> dict[str, object]:
    """Return recall@K and the search times in ms, after a warm-up."""
    for query in queries[:WARM_UP]:
        search(query)
    found, times = [], []
    for query in tqdm(queries, desc=name.strip("_") or "postgres", unit=" queries"):
        started = time.perf_counter()
        found.append(search(query))
        times.append((time.perf_counter() - started) * 1000)
    hits = [len(set(f) & set(t)) for f, t in zip(found, truth, strict=True)]
    return {
        f"{name}recall": round(float(np.mean(hits)) / K, 4),
        f"{name}p50_ms": percentile(np.array(times), 50),
        f"{name}p95_ms": percentile(np.array(times), 95),
    }


if __name__ == "__main__":
    main()
