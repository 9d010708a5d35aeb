"""Synthetic vectors like those of real photos, and a temporary shop for them.

Import this module before Django: it points the settings at a temporary folder. A vector
is a point between those of two real photos of one category, with noise, of unit length.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
(ROOT / "var").mkdir(exist_ok=True)
VAR = Path(tempfile.mkdtemp(prefix="bench-vectors-", dir=ROOT / "var"))
VAR.chmod(0o711)  # root runs the servers as another user, who must reach it
atexit.register(shutil.rmtree, VAR, ignore_errors=True)
os.environ["DJANGO_SETTINGS_MODULE"] = "fashionlens.settings"
os.environ["DEBUG"] = "1"
os.environ["FASHIONLENS_VAR"] = str(VAR)
for name in ("DATABASE_URL", "REDIS_URL", "CACHE_URL", "MEDIA_ROOT"):
    os.environ.pop(name, None)

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from tqdm import tqdm  # noqa: E402

from fashionlens.embedded.servers import POSTGRES_OPTIONS  # noqa: E402
from fashionlens.embedded.session import use_servers  # noqa: E402
from ml.encoder import Encoder  # noqa: E402
from ml.preprocess import read_photo  # noqa: E402

# The index of a million products is 800 MB; the default is for a laptop.
POSTGRES_OPTIONS["shared_buffers"] = "2GB"
NOISE = 0.25  # length of the noise added to a unit vector


@contextmanager
def empty_shop() -> Iterator[None]:
    """Create a database with the schema only for the time of the block."""
    with use_servers(VAR, "bench"):
        call_command("migrate", verbosity=0)
        yield
        connection.close()


def load_embeddings(folder: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return (N, 128) vectors, (N,) labels and the labels' names of real photos."""
    encoder = Encoder.load()
    cache = ROOT / "var" / f"vectors-{folder.name}-{encoder.sha256[:12]}.npz"
    if not cache.exists():
        files = sorted(path for path in folder.glob("*/*") if path.is_file())
        photos = (read_photo(path, max_side=encoder.decode_side) for path in files)
        bar = tqdm(photos, total=len(files), desc=folder.name, unit=" photos")
        vectors = np.concatenate([encoder.encode([photo]) for photo in bar])
        np.savez(cache, vectors=vectors, names=[path.parent.name for path in files])
    with np.load(cache) as kept:
        names, labels = np.unique(kept["names"], return_inverse=True)
        return kept["vectors"], labels, list(names)


def make_vectors(
    vectors: np.ndarray, labels: np.ndarray, count: int, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return (count, 128) float32 of unit length and (count,) labels."""
    random = np.random.default_rng(seed)
    one = random.integers(len(vectors), size=count)
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(labels.max() + 2))
    first, beyond = starts[labels[one]], starts[labels[one] + 1]
    other = order[random.integers(first, beyond)]
    share = random.uniform(0, 0.5, (count, 1)).astype(np.float32)
    made = vectors[one] * (1 - share) + vectors[other] * share
    noise = random.standard_normal(made.shape, np.float32)
    made += noise * np.float32(NOISE / np.sqrt(made.shape[1]))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made, labels[one]
