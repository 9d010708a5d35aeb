"""Indexing, JPEG file to row: two Celery worker processes over the shop's photos.

    python -m bench.indexing --data DIR [--json]

The baseline, in the same run, is the report's way: one photo after the other through
model.predict and an INSERT of its own (over --baseline photos).
"""

import time
from pathlib import Path

from bench.shop import REPORT, arguments, running_shop  # first: it sets the environment

# isort: split
import numpy as np
from django.core.management import call_command
from tqdm import tqdm

from bench.timing import report
from ml.encoder import RUNTIMES
from ml.preprocess import read_photo, to_input
from search.index.embed import index_status
from search.index.encoders import active_encoder, network_of
from search.models import Embedding, Encoder, Photo


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--baseline", type=int, default=200, help="default: 200")
    parser.add_argument(
        "--encoder",
        type=Path,
        default=REPORT,
        metavar="DIR",
        help="folder of the network (default: the report's)",
    )
    options = parser.parse_args()
    with running_shop(options.data, options.encoder):
        encoder = active_encoder()
        Embedding.objects.filter(encoder=encoder).delete()
        started = time.perf_counter()
        call_command("embed")
        seconds = time.perf_counter() - started
        status = index_status(encoder)
        embedded = Embedding.objects.filter(encoder=encoder).count()
        rate = embedded / seconds
        baseline = report_way_rate(encoder, options.baseline)
        lengths = unit_lengths(encoder)
    figures = {
        "photos": status["photos"],
        "embedded": embedded,
        "unit_length": int(np.sum(np.abs(lengths - 1) < 1e-3)),
        "seconds": round(seconds, 1),
        "photos_per_s": round(rate, 1),
        "baseline_photos_per_s": round(baseline, 1),
        "ratio": round(rate / baseline, 1),
    }
    report(figures, as_json=options.json)


def unit_lengths(encoder: Encoder) -> np.ndarray:
    """(N,) Euclidean lengths of every vector in the index."""
    rows = Embedding.objects.filter(encoder=encoder).values_list("vector", flat=True)
    return np.linalg.norm(np.array(list(rows)), axis=1)


def report_way_rate(encoder: Encoder, count: int) -> float:
    """Photos a second through model.predict, one at a time, a row at a time."""
    from ml.backend import keras  # only now: the workers' run is not to share with it

    network = network_of(encoder)
    model = keras.saving.load_model(network.folder / RUNTIMES["keras"], compile=False)
    photos = list(Photo.objects.order_by("id")[:count])
    Embedding.objects.filter(encoder=encoder, image__in=photos).delete()
    started = time.perf_counter()
    for photo in tqdm(photos, desc="Baseline", unit=" photos"):
        pixels = to_input(read_photo(photo.file.read()), network.input_size)
        vector = model.predict(pixels[None], verbose=0)[0]
        Embedding.objects.create(encoder=encoder, image_id=photo.id, vector=vector)
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
