"""Fill an empty shop with many products that read and look like real ones."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import numpy as np
from django.db import connection
from tqdm import tqdm

from bench.synthetic_shop import (
    FIRST_ID,
    copy_rows,
    copy_vectors,
    make_vectors,
)
from catalog.categories import category_of
from catalog.models import Product, ProductImage
from catalog.photos.colours import COLOUR_NAMES
from catalog.product_words.sweep import refresh_pending
from fashionlens.demo.texts import describe
from search.index.encoders import active_encoder
from search.index.partitions import build_index, partition_name

SECOND_PHOTO_EVERY = 5  # products
_FIRST = "Alder Birk Corso Dune Elm Fjord Gale Haven Iris Juno Kestrel Lark Moss Nord"
_SECOND = "Atelier Brothers Clothing Denim Goods House Knits Lane Maison Supply Works"
_SINCE = datetime(2025, 1, 1, tzinfo=UTC)

Base = tuple[np.ndarray, np.ndarray, list[str]]  # vectors, labels, names of labels


def fill(products: int, base: Base) -> None:
    """Store the products with their photos and vectors, and index them."""
    random = np.random.default_rng(1)
    vectors, labels, names = base
    photos = products + -(-products // SECOND_PHOTO_EVERY)
    made, kinds = make_vectors(vectors, labels, photos)
    colours = [_draw_colours(random) for _ in range(photos)]
    owner = np.r_[:products, np.arange(0, products, SECOND_PHOTO_EVERY)]
    slugs = [names[kind] for kind in kinds[:products]]
    categories = {slug: category_of(slug).pk for slug in names}
    rows = _product_rows(slugs, categories, colours, random)
    copy_rows(
        Product._meta.db_table,
        "id sku slug title description brand category_id price_cents currency stock"
        " status created updated",
        tqdm(rows, total=products, desc="Products", unit=" rows"),
    )
    copy_rows(
        ProductImage._meta.db_table,
        "id product_id file alt_text position sha256 width height colours created",
        (
            (
                *(n + FIRST_ID, int(product) + FIRST_ID, f"{n % 997}.jpg", ""),
                *(int(n >= products), f"{n:064}", 600, 800, colours[n], _SINCE),
            )
            for n, product in enumerate(owner)
        ),
    )
    refresh_pending()
    encoder = active_encoder()
    with connection.cursor() as cursor:
        # Built after its rows are loaded, which is many times faster.
        cursor.execute(f"DROP INDEX IF EXISTS {partition_name(encoder.pk)}_hnsw")
        copy_vectors("search_embedding", encoder.pk, made)
        cursor.execute("SET maintenance_work_mem = '1GB'")
        build_index(encoder.pk)
        cursor.execute("VACUUM ANALYZE")


def _product_rows(
    slugs: Sequence[str],
    categories: Mapping[str, int],
    colours: Sequence[list[str]],
    random: np.random.Generator,
) -> Iterator[tuple[Any, ...]]:
    brands = [f"{a} {b}" for a in _FIRST.split() for b in _SECOND.split()]
    random.shuffle(brands)
    popular = 1 / np.arange(1, len(brands) + 1)
    drawn = random.choice(len(brands), len(slugs), p=popular / popular.sum())
    published = random.random(len(slugs)) < 0.95
    for n, slug in enumerate(slugs):
        key = sha256(str(n).encode()).hexdigest()
        texts = describe(category=slug, colour=colours[n][0], key=key)
        created = _SINCE + timedelta(minutes=n)
        yield (
            *(n + FIRST_ID, texts.sku, texts.slug, texts.title, texts.description),
            *(brands[drawn[n]], categories[slug], texts.price_cents, "EUR"),
            *(texts.stock, "published" if published[n] else "draft", created, created),
        )


def _draw_colours(random: np.random.Generator) -> list[str]:
    share = 1 / np.arange(1, len(COLOUR_NAMES) + 1)
    number = random.integers(1, 4)
    drawn = random.choice(COLOUR_NAMES, number, replace=False, p=share / share.sum())
    return [str(name) for name in drawn]
