"""A folder of class folders becomes products: one a photo, `NAME-2.jpg` its second."""

import os
import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, zip_longest
from pathlib import Path

from django.db import transaction

from catalog.categories import category_of
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import Category, Product, ProductImage
from catalog.photos.prepared import PreparedPhoto, prepare_photo
from catalog.photos.store import new_photo
from fashionlens.demo.texts import Wording, describe
from ml.preprocess import PhotoError, read_bytes

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif", ".gif"}
BATCH = 64  # products a transaction


class ImportRefused(ValueError):
    """The folder cannot be imported; the message says what is expected of it."""


@dataclass
class Report:
    products: int = 0
    photos: int = 0
    known: int = 0
    skipped: list[tuple[Path, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Draft:
    """A product about to be stored, its photos read and checked."""

    category: str
    wording: Wording
    photos: list[PreparedPhoto]


def find_photos(folder: Path) -> dict[str, list[list[Path]]]:
    """Class folder -> products -> their photo files, in order of name.

    Raises ImportRefused when there is nothing to import.
    """
    if not folder.is_dir():
        raise ImportRefused(f"{folder} is not a folder.")
    found = {
        sub.name: _by_product(sub)
        for sub in sorted(folder.iterdir())
        if sub.is_dir() and not sub.name.startswith(".")
    }
    for name in found:
        _ensure_readable(name, folder)
    found = {name: products for name, products in found.items() if products}
    if not found:
        raise ImportRefused(
            f"{folder} has no photos in class folders. Expected FOLDER/dress/1.jpg,"
            f" FOLDER/shirt/2.png and so on ({', '.join(sorted(SUFFIXES))})."
        )
    return found


def _ensure_readable(name: str, folder: Path) -> None:
    """Old archives unpack to names in another encoding, which Python keeps as bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ImportRefused(
            f"{folder} holds a folder whose name is not UTF-8: {name!a}."
            " It becomes a category's name, so rename it first."
        ) from None


def _by_product(folder: Path) -> list[list[Path]]:
    files = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES),
        key=_product_and_place,
    )
    grouped = groupby(files, key=lambda path: _product_and_place(path)[0])
    return [list(group) for _, group in grouped]


def _product_and_place(path: Path) -> tuple[str, int]:
    """`coat-2.jpg` is the second photo of `coat`; other names stand alone."""
    match = re.fullmatch(r"(.+)-([2-9])", path.stem)
    suffixes = {*SUFFIXES, path.suffix}  # .JPG too
    if match and any(path.with_name(match[1] + s).exists() for s in suffixes):
        return match[1], int(match[2])
    return path.stem, 1


def import_photos(
    folder: Path, *, progress: Callable[[int], object] = lambda photos: None
) -> Report:
    """Store every photo of `folder` as products; running again adds nothing twice.

    Unreadable photos are skipped and named in the report. `progress` is told the
    photos dealt with. Raises ImportRefused.
    """
    report = Report()
    found = _interleaved(find_photos(folder))
    # Decoding lets go of the interpreter lock, so threads use all cores.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
            drafts = []
            for (_, paths), read in zip(
                batch, pool.map(_read_product, batch), strict=True
            ):
                draft, errors = read
                report.skipped += errors
                drafts += [draft] if draft else []
                progress(len(paths))
            _store(drafts, report)
    return report


def _interleaved(found: dict[str, list[list[Path]]]) -> list[tuple[str, list[Path]]]:
    """One product of each category in turn, so that the newest are not all T-shirts."""
    rounds = zip_longest(*found.values())
    return [
        (name, paths)
        for products in rounds
        for name, paths in zip(found, products, strict=True)
        if paths
    ]


def _read_product(
    product: tuple[str, list[Path]],
) -> tuple[Draft | None, list[tuple[Path, str]]]:
    name, paths = product
    name = unicodedata.normalize("NFC", name)  # macOS parts letters and accents
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
    wording = describe(
        category=name,
        colour=first.colours[0],
        key=first.sha256,
        number=0,
    )
    return Draft(name, wording, list(photos.values())), errors


def _store(batch: list[Draft], report: Report) -> None:
    """One transaction for the rows. A photo's file is written before its row is
    committed: a killed import leaves a spare file, never a row without its file."""
    skus = [draft.wording.sku for draft in batch]
    with transaction.atomic():
        # Another import of the same photos waits, and then knows them.
        lock_until_commit(IMPORT)
        known = set(Product.objects.filter(sku__in=skus).values_list("sku", flat=True))
        fresh = {d.wording.sku: d for d in batch if d.wording.sku not in known}.values()
        categories = {name: category_of(name) for name in {d.category for d in fresh}}
        products = Product.objects.bulk_create(
            _product(draft, categories[draft.category]) for draft in fresh
        )
        images = ProductImage.objects.bulk_create(
            new_photo(product=product, photo=photo, position=position)
            for product, draft in zip(products, fresh, strict=True)
            for position, photo in enumerate(draft.photos)
        )
    report.known += len(batch) - len(fresh)
    report.products += len(products)
    report.photos += len(images)


def _product(draft: Draft, category: Category) -> Product:
    words = draft.wording
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
