"""Indexing speed from JPEG file to row, with two Celery worker processes.

    python -m bench.indexing --data DIR [--json]

The baseline is measured in the same run over --baseline photos: model.predict and one
INSERT per photo.
"""

import time
from pathlib import Path
from typing import Any

# First: importing it sets the environment.
from bench.live_shop import REPORT, run_shop

# isort: split
import numpy as np
from django.core.management import call_command
from tqdm import tqdm

from bench.cli import make_data_parser, print_figures
from ml.encoder import RUNTIMES
from ml.preprocess import read_photo, to_input
from search.index.embed import index_status
from search.index.encoders import active_encoder, network_of
from search.models import Embedding, Encoder, Photo


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--baseline", type=int, default=200, help="default: 200")
    parser.add_argument(
        "--encoder",
        type=Path,
        default=REPORT,
        metavar="DIR",
        help="folder of the network (default: the report's)",
    )
    options = parser.parse_args()
    with run_shop(options.data, options.encoder):
        encoder = active_encoder()
        Embedding.objects.filter(encoder=encoder).delete()
        started = time.perf_counter()
        call_command("embed")
        seconds = time.perf_counter() - started
        status = index_status(encoder)
        embedded = Embedding.objects.filter(encoder=encoder).count()
        rate = embedded / seconds
        baseline = baseline_rate(encoder, options.baseline)
        lengths = vector_lengths(encoder)
    figures = {
        "photos": status["photos"],
        "embedded": embedded,
        "unit_length": int(np.sum(np.abs(lengths - 1) < 1e-3)),
        "seconds": round(seconds, 1),
        "photos_per_s": round(rate, 1),
        "baseline_photos_per_s": round(baseline, 1),
        "ratio": round(rate / baseline, 1),
    }
    print_figures(figures, as_json=options.json)


def vector_lengths(encoder: Encoder) -> np.ndarray:
    rows = Embedding.objects.filter(encoder=encoder).values_list("vector", flat=True)
    return np.linalg.norm(np.array(list(rows)), axis=1)


def baseline_rate(encoder: Encoder, count: int) -> float:
    from ml.backend import keras  # late, so that it does not slow the workers

    network = network_of(encoder)
    model = keras.saving.load_model(network.folder / RUNTIMES["keras"], compile=False)
    size = network.input_size
    photos = list(Photo.objects.order_by("id")[:count])
    Embedding.objects.filter(encoder=encoder, image__in=photos).delete()
    started = time.perf_counter()
    for photo in tqdm(photos, desc="Baseline", unit=" photos"):
        pixels: Any = to_input(read_photo(photo.file.read()), size)[None]
        if "finder_size" in network.info:
            mask = np.full((1, size // 4, size // 4), 255, np.uint8)
            image = np.zeros((1, *[network.info["finder_size"]] * 2, 3), np.uint8)
            pixels = {"image": image, "crop": pixels, "mask": mask}
        found = model.predict(pixels, verbose=0)
        vector = found[-1][0] if isinstance(found, list) else found[0]
        Embedding.objects.create(encoder=encoder, image_id=photo.id, vector=vector)
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
