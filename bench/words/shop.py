"""A shop with the demo's texts for labelled photos."""

import re
from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from catalog.models import Product, ProductImage
from catalog.photos.prepared import prepare_photo
from catalog.product_words.sweep import refresh_all
from fashionlens.demo.class_folders import import_photos
from ml.preprocess import read_bytes
from search.index.embed import embed_due
from search.index.encoders import active_encoder
from search.index.word_map import learn_word_map


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
