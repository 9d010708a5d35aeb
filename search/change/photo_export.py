"""Export the shop's photos as the class folders that a network is trained on."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.db.models import CharField, QuerySet
from django.db.models.functions import MD5, Cast

from catalog.models import Product, ProductImage
from ml.preprocess import PhotoError, read_photo

MIN_PHOTOS = 50
MIN_CATEGORIES = 2
MAX_PHOTOS = 20_000  # training holds them in memory, 150 KB each


class TooFewPhotos(RuntimeError):
    pass


@dataclass
class Export:
    """What was exported, and what was left out and why."""

    photos: int = 0
    products: int = 0
    categories: int = 0
    copies: int = 0
    skipped: list[str] = field(default_factory=list)
    too_small: list[str] = field(default_factory=list)


def shop_photos() -> QuerySet[ProductImage]:
    shuffled = MD5(Cast("product_id", CharField()))
    return (
        ProductImage.objects.filter(product__in=Product.objects.published())
        .select_related("product__category")
        .annotate(shuffled=shuffled)
        .order_by("shuffled", "product_id", "position", "id")
    )


def export_photos(
    work: Path, limit: int = MAX_PHOTOS, progress: Callable[[int], object] = int
) -> Export:
    """Write WORK/photos/CATEGORY/PRODUCT/PHOTO unless a run before has finished that.

    So a run that is continued trains on the same photos. Raises TooFewPhotos.
    """
    summary = work / "exported.json"
    if summary.is_file():
        return Export(**json.loads(summary.read_text()))
    export = Export()
    by_category = _write_photos(work / "photos", limit, progress, export)
    for slug in [slug for slug, paths in by_category.items() if len(paths) < 2]:
        export.too_small.append(slug)
        del by_category[slug]
    paths = {path for each in by_category.values() for path in each}
    _remove_others(work / "photos", paths)
    export.photos, export.categories = len(paths), len(by_category)
    export.products = len({path.parent for path in paths})
    _check_size(export)
    write_json(summary, asdict(export))
    return export


def _write_photos(
    folder: Path, limit: int, progress: Callable[[int], object], export: Export
) -> dict[str, list[Path]]:
    """Return the files by category; count in `export` what is left out."""
    by_category: dict[str, list[Path]] = {}
    seen: set[str] = set()
    for photo in shop_photos()[:limit].iterator(chunk_size=500):
        progress(1)
        if photo.sha256 in seen:  # a photo of two products teaches neither
            export.copies += 1
            continue
        category = photo.product.category
        path = folder / category.slug / str(photo.product_id) / _file_name(photo)
        try:
            _write_photo(photo, path)
        except (PhotoError, OSError) as error:
            export.skipped.append(f"{photo.file.name} of {photo.product}: {error}")
            continue
        seen.add(photo.sha256)
        by_category.setdefault(category.slug, []).append(path)
    return by_category


def write_json(path: Path, value: dict[str, object]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write_whole(path, text.encode())


def write_whole(path: Path, data: bytes) -> None:
    """Write to a temporary name first: a killed process leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def empty_folder(work: Path, keep: str) -> None:
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != keep:
            path.unlink()


def _file_name(photo: ProductImage) -> str:
    return f"{photo.sha256[:32]}{Path(str(photo.file.name)).suffix}"


def _write_photo(photo: ProductImage, path: Path) -> None:
    if path.is_file():
        return
    with photo.file.open("rb") as file:
        data = file.read()
    read_photo(data, max_side=64)
    write_whole(path, data)


def _remove_others(folder: Path, exported: set[Path]) -> None:
    # Files of an earlier export that was stopped, and those left out.
    for path in folder.rglob("*"):
        if path.is_file() and path not in exported:
            path.unlink()


def _check_size(export: Export) -> None:
    if export.categories < MIN_CATEGORIES or export.photos < MIN_PHOTOS:
        raise TooFewPhotos(
            f"Training needs at least {MIN_PHOTOS} photos in {MIN_CATEGORIES}"
            f" categories of two photos or more. Published products have"
            f" {export.photos} photos in {export.categories} categories. Publish more,"
            " or keep the encoder that comes with FashionLens: it needs no training."
        )
