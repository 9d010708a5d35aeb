"""A shop with the demo's texts for labelled photos."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from bench.synthetic_shop import make_shop, make_vectors, store_shop
from catalog.models import Product, ProductImage
from catalog.photos.prepared import prepare_photo
from catalog.product_words.sweep import refresh_all
from fashionlens.demo.class_folders import import_photos
from ml.preprocess import read_bytes
from search.index.embed import embed_due
from search.index.encoders import active_encoder
from search.index.word_map import learn_word_map
from search.models import Embedding


def load_shop(data: Path, splits: Iterable[str]) -> dict[int, str]:
    """Import and embed the photos; return each product's, as a path below `data`."""
    paths: dict[str, str] = {}
    for split in splits:
        import_photos(data / split)
        files = sorted(path for path in (data / split).glob("*/*") if path.is_file())
        for file in tqdm(files, desc=f"Comparing {split}", unit=" photos"):
            paths[prepare_photo(read_bytes(file)).sha256] = str(file.relative_to(data))
    embed_due()
    refresh_all()
    learn_word_map(active_encoder())
    rows = ProductImage.objects.values_list("product_id", "sha256")
    return {product: paths[sha256] for product, sha256 in rows}


def standing_words() -> set[str]:
    """Return the words of the products' texts, and singulars of those in -s."""
    texts = Product.objects.values_list(
        "title", "brand", "description", "category__name"
    )
    words = {
        word for row in texts for word in re.findall(r"[\w-]+", " ".join(row).lower())
    }
    return words | {word.removesuffix("s") for word in words}


def fill_shop(rows: int) -> None:
    """Add so many synthetic photos, with products of the same categories."""
    encoder = active_encoder()
    own = Embedding.objects.filter(encoder=encoder)
    found = own.values_list("vector", "image__product__category__name")
    vectors = np.array([np.asarray(vector) for vector, _ in found], np.float32)
    names, labels = np.unique([name for _, name in found], return_inverse=True)
    # Categories of other slugs than those of the shop.
    shown = [f"More {name}" for name in names]
    store_shop(make_shop(*make_vectors(vectors, labels, rows), shown), encoder.pk)
