"""A synthetic shop around given vectors, with exact search results by NumPy.

Tests use a small one, benchmarks a large one. A synthetic vector is a point between
those of two real photos of one category, with noise, of unit length.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection
from tqdm import tqdm

from catalog.filters import Filters
from catalog.models import Category, Product, ProductImage
from catalog.photos.colours import COLOUR_NAMES
from catalog.product_words.sweep import refresh_pending
from ml.encoder import Encoder
from ml.preprocess import read_photo

ROOT = Path(__file__).resolve().parent.parent
NOISE = 0.25  # length of the noise added to a unit vector
FIRST_ID = 1_000_000  # of products and photos, to keep other rows apart
BRANDS = 60
RARE = "Brand 0.1%"
_BLOCK = 50_000
# A row of search_embedding in COPY's binary format: the number of fields, then each
# field after its length.
_ROW = np.dtype(
    [
        *(("fields", ">i2"), ("l1", ">i4"), ("encoder", ">i8")),
        *(("l2", ">i4"), ("image", ">i8"), ("l3", ">i4")),
        *(("dimension", ">i2"), ("unused", ">i2"), ("vector", ">f4", (128,))),
    ]
)


@dataclass(frozen=True)
class SyntheticShop:
    """N photos of P products; photo n has the id FIRST_ID + n."""

    vectors: np.ndarray  # (N, 128) float32, unit length
    product: np.ndarray  # (N,) which of the P
    colours: np.ndarray  # (N, 16) bool
    category: np.ndarray  # (P,) str, as the next
    brand: np.ndarray
    cents: np.ndarray  # (P,) int, as the next
    stock: np.ndarray
    published: np.ndarray  # (P,) bool

    def subset(self, photos: int) -> "SyntheticShop":
        products = int(self.product[photos - 1]) + 1
        return SyntheticShop(
            *(self.vectors[:photos], self.product[:photos], self.colours[:photos]),
            *(self.category[:products], self.brand[:products], self.cents[:products]),
            *(self.stock[:products], self.published[:products]),
        )

    def matches(self, filters: Filters) -> np.ndarray:
        """Return (N,) bool: whether a search with these filters may return the
        photo."""
        good = self.published.copy()
        if filters.categories:
            good &= np.isin(self.category, filters.categories)
        if filters.brands:
            good &= np.isin(self.brand, filters.brands)
        if filters.price_min_cents is not None:
            good &= self.cents >= filters.price_min_cents
        if filters.price_max_cents is not None:
            good &= self.cents <= filters.price_max_cents
        if filters.in_stock is not None:
            good &= (self.stock > 0) == filters.in_stock
        photos = good[self.product]
        if filters.colours:
            wanted = [COLOUR_NAMES.index(name) for name in filters.colours]
            photos &= self.colours[:, wanted].any(axis=1)
        return photos

    def nearest_distances(
        self, vector: np.ndarray, filters: Filters, k: int
    ) -> np.ndarray:
        """Return (min(k, matches),) distances of the nearest products, ascending."""
        photos = self.matches(filters)
        best = np.full(len(self.brand), np.inf)
        away = 1 - self.vectors[photos] @ vector
        np.minimum.at(best, self.product[photos], away)
        return np.sort(best[np.isfinite(best)])[:k]


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


def make_shop(
    vectors: np.ndarray, labels: np.ndarray, names: list[str], seed: int = 1
) -> SyntheticShop:
    """Return a shop of (N, 128) vectors in which every fifth product has two photos."""
    random = np.random.default_rng(seed)
    count = len(vectors)
    product = np.arange(count) - np.cumsum(np.arange(count) % 6 == 1)
    first = np.searchsorted(product, np.arange(product[-1] + 1))
    products = len(first)
    popular = 1 / np.arange(1, BRANDS + 1) ** 1.3
    brands = np.array([f"Brand {n}" for n in range(BRANDS)])
    brand = random.choice(brands, products, p=popular / popular.sum())
    brand = brand.astype("U16")
    brand[random.choice(products, max(products // 1000, 3), replace=False)] = RARE
    share = 1 / np.arange(1, len(COLOUR_NAMES) + 1)
    colours = random.random((count, len(COLOUR_NAMES))) < share / share.sum()
    colours[np.arange(count), random.integers(len(COLOUR_NAMES), size=count)] = True
    colours &= np.cumsum(colours, axis=1) <= 3
    return SyntheticShop(
        vectors=vectors,
        product=product,
        colours=colours,
        category=np.array(names)[labels[first]],
        brand=brand,
        cents=random.lognormal(8.3, 0.6, products).astype(int),
        stock=random.integers(0, 12, products),
        published=random.random(products) < 0.95,
    )


def draw_filters(shop: SyntheticShop, random: np.random.Generator) -> Filters:
    brands = np.unique(shop.brand)
    low, high = np.sort(random.choice(shop.cents, 2))
    cheap = int(np.quantile(shop.cents, random.choice([0.001, 0.01, 0.2])))

    def sample(values: Sequence[str] | np.ndarray, limit: int) -> tuple[str, ...]:
        return tuple(map(str, random.choice(values, random.integers(1, limit + 1))))

    choices: list[dict[str, Any]] = [
        {"categories": sample(np.unique(shop.category), 3)},
        {"brands": sample(brands, 2)},
        {"brands": (RARE,)},
        {"colours": sample(COLOUR_NAMES, 2)},
        {"price_min_cents": int(low), "price_max_cents": int(high)},
        {"price_max_cents": cheap},
        {"in_stock": bool(random.integers(4))},
    ]
    chosen: dict[str, Any] = {}
    for number in random.choice(len(choices), random.integers(1, 4), replace=False):
        chosen |= choices[number]
    if chosen.get("price_min_cents", 0) > chosen.get("price_max_cents", 2**31):
        del chosen["price_min_cents"]
    return Filters(**chosen)


def store_shop(
    shop: SyntheticShop, encoder_id: int, table: str = "search_embedding"
) -> None:
    names = np.unique(shop.category)
    Category.objects.bulk_create(Category(name=name, slug=name) for name in names)
    categories = dict(Category.objects.values_list("slug", "id"))
    copy_rows(
        Product._meta.db_table,
        "id sku slug title description brand category_id price_cents currency stock"
        " status created updated",
        _product_rows(shop, categories),
    )
    copy_rows(
        ProductImage._meta.db_table,
        "id product_id file alt_text position sha256 width height colours created",
        _photo_rows(shop),
    )
    refresh_pending()
    copy_vectors(table, encoder_id, shop.vectors)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _product_rows(shop: SyntheticShop, categories: dict[str, int]) -> Iterator[tuple]:
    now = datetime.now(UTC)
    for n in range(len(shop.brand)):
        yield (
            *(n + FIRST_ID, f"S{n}", f"s-{n}", f"Product {n}", "", str(shop.brand[n])),
            *(categories[shop.category[n]], int(shop.cents[n]), "EUR"),
            *(int(shop.stock[n]), "published" if shop.published[n] else "draft"),
            *(now, now),
        )


def _photo_rows(shop: SyntheticShop) -> Iterator[tuple]:
    now = datetime.now(UTC)
    palette = np.array(COLOUR_NAMES)
    for n, product in enumerate(shop.product):
        yield (
            *(n + FIRST_ID, int(product) + FIRST_ID, "none.jpg", "", 0, f"{n:064}"),
            *(300, 400, palette[shop.colours[n]].tolist(), now),
        )


def copy_rows(table: str, columns: str, rows: Iterable[tuple]) -> None:
    command = f"COPY {table} ({', '.join(columns.split())}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row(row)


def copy_vectors(table: str, encoder_id: int, vectors: np.ndarray) -> None:
    """Store (N, 128) vectors by binary COPY, with photo ids from FIRST_ID."""
    command = f"COPY {table} (encoder_id, image_id, vector) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for start in range(0, len(vectors), _BLOCK):
            part = vectors[start : start + _BLOCK]
            block = np.zeros(len(part), _ROW)
            block["fields"], block["l1"], block["l2"] = 3, 8, 8
            block["l3"], block["dimension"] = 4 + 4 * 128, 128
            block["encoder"] = encoder_id
            block["image"] = np.arange(start, start + len(part)) + FIRST_ID
            block["vector"] = part
            copy.write(block.tobytes())
        copy.write(b"\xff\xff")


def recall(found: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of true neighbours found, by distance, so that ties count."""
    if not len(truth):
        return 1.0
    return float(np.sum(found[: len(truth)] <= truth[-1] + 1e-5)) / len(truth)
