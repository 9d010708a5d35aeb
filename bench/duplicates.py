"""Duplicate detection on real photos: copies found, false matches, and times.

    python -m bench.duplicates --data DIR [--rows 50000] [--json]

Copies of photos in DIR/train are resized and saved in several ways; `found` is the
share that is recognised as the same picture. The original photos are compared pairwise;
matching pairs are listed for a person to judge. Times are of a shop of `--rows` photos
with fingerprints and vectors like those of the real photos.
"""

# First: importing it sets the environment.
from bench.empty_shop import empty_shop

# isort: split
import time
from collections.abc import Callable
from io import BytesIO
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from django.db import connection
from PIL import Image
from tqdm import tqdm

from bench.cli import make_data_parser, print_figures
from bench.synthetic_shop import (
    FIRST_ID,
    load_embeddings,
    make_shop,
    make_vectors,
    store_shop,
)
from catalog.models import ProductImage
from catalog.photos.copies import copies_of, groups_of_pictures, groups_of_pixels
from catalog.photos.fingerprints import (
    MAX_BITS_OFF,
    Fingerprint,
    fingerprint,
    is_same_picture,
)
from catalog.photos.prepared import pixel_sha256
from ml.encoder import Encoder as Network
from ml.measure.metrics import distances
from ml.preprocess import read_photo
from search.index.encoders import active_encoder
from search.query.duplicates import LOOK_ALIKE_SHARE, find_duplicates

STEP = 12  # every 12th photo is changed and compared with the original
LOOKUPS = 30
FLIPPED = 0.15  # share of a hash's bits to flip for the hash of another picture


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="default: 50000")
    options = parser.parse_args()
    folder = options.data / "train"
    files = sorted(path for path in folder.glob("*/*") if path.is_file())
    prints, pixels, found = examine(files)
    figures: dict[str, object] = {f"found_{name}": share for name, share in found}
    figures |= compare_originals(files, prints, pixels)
    figures |= count_look_alikes(folder)
    figures |= measure_times(folder, prints, options.rows)
    print_figures(figures, as_json=options.json)


def _save_as(format: str, quality: int) -> Callable[[Image.Image], Image.Image]:
    def change(image: Image.Image) -> Image.Image:
        buffer = BytesIO()
        image.save(buffer, format, quality=quality)
        return read_photo(buffer.getvalue())

    return change


def _scale(by: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.resize(
        (max(1, round(image.width * by)), max(1, round(image.height * by)))
    )


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "jpeg_75": _save_as("JPEG", 75),
    "jpeg_25": _save_as("JPEG", 25),
    "webp_50": _save_as("WEBP", 50),
    "half": _scale(0.5),
    "double": _scale(2),
    "quarter_jpeg_70": lambda image: _save_as("JPEG", 70)(_scale(0.25)(image)),
    # These do not count as copies; they are reported for comparison.
    "cropped_by_2%": lambda image: image.crop(
        (image.width // 50, image.height // 50, image.width, image.height)
    ),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def examine(
    files: list[Path],
) -> tuple[list[Fingerprint], list[str], list[tuple[str, float]]]:
    """Return fingerprints, sha256 of the pixels, and the share of copies recognised."""
    prints, pixels = [], []
    found = dict.fromkeys(CHANGES, 0)
    changed = 0
    for number, path in enumerate(tqdm(files, desc="Pictures", unit=" photos")):
        image = read_photo(path)
        prints.append(fingerprint(image))
        pixels.append(pixel_sha256(image))
        if number % STEP == 0:
            changed += 1
            for name, change in CHANGES.items():
                copy = fingerprint(change(image))
                found[name] += is_same_picture(prints[-1], copy)
    return prints, pixels, [(n, round(hits / changed, 4)) for n, hits in found.items()]


def compare_originals(
    files: list[Path], prints: list[Fingerprint], pixels: list[str]
) -> dict[str, object]:
    bits = np.array([[int(bit) for bit in each.hash] for each in prints], np.float32)
    off = bits @ (1 - bits).T
    off += off.T
    ones, others = np.triu_indices(len(files), 1)
    all_off = off[ones, others]
    near = np.flatnonzero(all_off <= MAX_BITS_OFF)
    pairs = [(int(ones[n]), int(others[n])) for n in near]
    same = [(i, j) for i, j in pairs if is_same_picture(prints[i], prints[j])]
    names = [f"{files[i].parent.name}/{files[i].name}" for i in range(len(files))]
    return {
        "photos": len(files),
        "pairs": len(ones),
        "pairs_of_the_same_pixels": sum(
            pixels[i] == pixels[j] for i, j in combinations(range(len(files)), 2)
        ),
        "pairs_of_the_same_picture": [f"{names[i]} = {names[j]}" for i, j in same],
        "bits_off_allowed": MAX_BITS_OFF,
        "bits_off_of_the_next_pair": int(all_off[all_off > MAX_BITS_OFF].min()),
    }


def count_look_alikes(folder: Path) -> dict[str, object]:
    vectors, _, _ = load_embeddings(folder)
    band = dict(Network.load().bands)["same item"]
    away = distances(vectors, vectors)[np.triu_indices(len(vectors), 1)]
    return {
        "pairs_in_band_same_item": int((away <= band).sum()),
        "pairs_that_look_alike": int((away <= LOOK_ALIKE_SHARE * band).sum()),
    }


def measure_times(
    folder: Path, prints: list[Fingerprint], rows: int
) -> dict[str, object]:
    with empty_shop():
        photos, labels, names = load_embeddings(folder)
        store_shop(
            make_shop(*make_vectors(photos, labels, rows), names), active_encoder().pk
        )
        _fingerprint_all(prints, rows)
        images = list(ProductImage.objects.order_by("?")[:LOOKUPS])
        lookups = [_seconds(copies_of, [image]) for image in images]
        return {
            "rows": rows,
            "one_photo_ms": round(1000 * median(lookups), 1),
            "all_pixels_s": round(_seconds(groups_of_pixels), 2),
            "all_pictures_s": round(_seconds(groups_of_pictures), 2),
            "find_duplicates_s": round(_seconds(find_duplicates), 1),
        }


def _seconds(step: Callable[..., Any], *args: Any) -> float:
    started = time.perf_counter()
    step(*args)
    return time.perf_counter() - started


def _fingerprint_all(prints: list[Fingerprint], rows: int) -> None:
    # The real fingerprints, then as many as needed with some bits flipped.
    random = np.random.default_rng(1)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE prints (id bigint, hash text, tint bytea)")
        with cursor.copy("COPY prints (id, hash, tint) FROM STDIN") as copy:
            for number in range(rows):
                hash, tint = prints[number % len(prints)]
                if number >= len(prints):
                    bits = np.frombuffer(hash.encode(), np.uint8)
                    flips = random.random(len(bits)) < FLIPPED
                    hash = (bits ^ flips).tobytes().decode()
                copy.write_row((number + FIRST_ID, hash, tint))
        cursor.execute(
            "UPDATE catalog_productimage SET picture_hash = prints.hash::bit(256),"
            " picture_tint = prints.tint FROM prints"
            " WHERE prints.id = catalog_productimage.id"
        )
        cursor.execute("VACUUM ANALYZE catalog_productimage")


if __name__ == "__main__":
    main()
