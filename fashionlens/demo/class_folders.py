"""Import of a folder of class folders: one product per photo.

`NAME-2.jpg` is the second photo of the product of `NAME.jpg`.
"""

import os
import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, zip_longest
from pathlib import Path

from django.db import transaction

from catalog.categories import category_of
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import Category, Product, ProductImage
from catalog.photos.prepared import PreparedPhoto, prepare_photo
from catalog.photos.store import new_photo
from catalog.photos.unused import remove_files_on_error
from catalog.variants.stock import add_missing_variants
from fashionlens.demo.texts import ProductTexts, describe
from ml.encoder import Encoder as Network
from ml.preprocess import PhotoError, read_bytes, read_photo
from search.index.colours import garment_colours
from search.index.encoders import active_encoder, network_of

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif", ".gif"}
BATCH = 64  # products a transaction


class ImportFolderError(ValueError):
    """The folder cannot be imported; the message says why."""


@dataclass
class ImportReport:
    products: int = 0
    photos: int = 0
    existing: int = 0
    skipped: list[tuple[Path, str]] = field(default_factory=list)


@dataclass(frozen=True)
class ProductDraft:
    category: str
    texts: ProductTexts
    photos: list[PreparedPhoto]


def find_photos(folder: Path) -> dict[str, list[list[Path]]]:
    """Return {class folder: products, each a list of its photo files}.

    Raise ImportFolderError if there is nothing to import.
    """
    if not folder.is_dir():
        raise ImportFolderError(f"{folder} is not a folder.")
    folders = {
        sub.name: _by_product(sub)
        for sub in sorted(folder.iterdir())
        if sub.is_dir() and not sub.name.startswith(".")
    }
    for name in folders:
        _check_encoding(name, folder)
    folders = {name: products for name, products in folders.items() if products}
    if not folders:
        raise ImportFolderError(
            f"{folder} has no photos in class folders. It must be FOLDER/dress/1.jpg,"
            f" FOLDER/shirt/2.png and so on ({', '.join(sorted(SUFFIXES))})."
        )
    return folders


def _check_encoding(name: str, folder: Path) -> None:
    # Old archives unpack to names in other encodings, which Python keeps as bytes.
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ImportFolderError(
            f"{folder} contains a folder whose name is not UTF-8: {name!a}. Rename it,"
            " since the category is named after it."
        ) from None


def _by_product(folder: Path) -> list[list[Path]]:
    files = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES),
        key=_product_and_number,
    )
    grouped = groupby(files, key=lambda path: _product_and_number(path)[0])
    return [list(group) for _, group in grouped]


def _product_and_number(path: Path) -> tuple[str, int]:
    match = re.fullmatch(r"(.+)-([2-9])", path.stem)
    suffixes = {*SUFFIXES, path.suffix}  # .JPG too
    if match and any(path.with_name(match[1] + s).exists() for s in suffixes):
        return match[1], int(match[2])
    return path.stem, 1


def import_photos(
    folder: Path, *, progress: Callable[[int], object] = lambda photos: None
) -> ImportReport:
    """Store every photo of `folder` as products; skip products that exist.

    Report unreadable photos as skipped. Call `progress` with the number of photos read.
    Raise ImportFolderError.
    """
    report = ImportReport()
    products = _interleaved(find_photos(folder))
    network = network_of(active_encoder())
    # Decoding releases the interpreter lock, so threads use all cores.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(products), BATCH):
            batch = products[start : start + BATCH]
            drafts = []
            read_each = pool.map(partial(_read_product, network=network), batch)
            for (_, paths), read in zip(batch, read_each, strict=True):
                draft, errors = read
                report.skipped += errors
                drafts += [draft] if draft else []
                progress(len(paths))
            _store(drafts, report)
    return report


# One product of each category in turn: the newest must not be all of one category.
def _interleaved(folders: dict[str, list[list[Path]]]) -> list[tuple[str, list[Path]]]:
    rounds = zip_longest(*folders.values())
    return [
        (name, paths)
        for products in rounds
        for name, paths in zip(folders, products, strict=True)
        if paths
    ]


def _read_product(
    product: tuple[str, list[Path]], network: Network
) -> tuple[ProductDraft | None, list[tuple[Path, str]]]:
    name, paths = product
    name = unicodedata.normalize("NFC", name)  # macOS separates accents
    photos: dict[str, PreparedPhoto] = {}
    errors: list[tuple[Path, str]] = []
    for path in paths:
        try:
            photo = prepare_photo(read_bytes(path))
        except (PhotoError, OSError) as error:
            errors.append((path, str(error)))
        else:
            photos.setdefault(photo.sha256, photo)
    if not photos:
        return None, errors
    first = next(iter(photos.values()))
    texts = describe(
        category=name,
        colour=_main_colour(first, network),
        key=first.sha256,
    )
    return ProductDraft(name, texts, list(photos.values())), errors


def _main_colour(photo: PreparedPhoto, network: Network) -> str:
    """Return the garment's main colour, as embedding the photo will name it."""
    image = read_photo(photo.content, max_side=network.decode_side)
    vectors = network.encode([image])
    return garment_colours(network, vectors, [photo.colours])[0][0]


def _store(batch: list[ProductDraft], report: ImportReport) -> None:
    # A photo's file is written before its row is committed: a killed import may leave a
    # spare file, which `check_media` deletes, but no row without a file.
    skus = [draft.texts.sku for draft in batch]
    with remove_files_on_error(), transaction.atomic():
        # Serialise concurrent imports, or both would store the same photos.
        lock_until_commit(IMPORT)
        existing = set(
            Product.objects.filter(sku__in=skus).values_list("sku", flat=True)
        )
        new = {d.texts.sku: d for d in batch if d.texts.sku not in existing}.values()
        categories = {name: category_of(name) for name in {d.category for d in new}}
        products = Product.objects.bulk_create(
            _product(draft, categories[draft.category]) for draft in new
        )
        add_missing_variants(product.pk for product in products)
        images = ProductImage.objects.bulk_create(
            new_photo(product=product, photo=photo, position=position)
            for product, draft in zip(products, new, strict=True)
            for position, photo in enumerate(draft.photos)
        )
    report.existing += len(batch) - len(new)
    report.products += len(products)
    report.photos += len(images)


def _product(draft: ProductDraft, category: Category) -> Product:
    words = draft.texts
    return Product(
        sku=words.sku,
        slug=words.slug,
        title=words.title,
        description=words.description,
        brand=words.brand,
        price_cents=words.price_cents,
        stock=words.stock,
        category=category,
    )
