"""Import of a folder of class folders: one product per photo.

`NAME-2.jpg` is the second photo of the product of `NAME.jpg`.
"""

import os
import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby, zip_longest
from pathlib import Path

from catalog.photos.prepared import PreparedPhoto, prepare_photo
from fashionlens.demo.drafts import ImportReport, ProductDraft, store_drafts
from fashionlens.demo.sample.plan import in_other_colours
from fashionlens.demo.texts import describe
from ml.encoder import Encoder as Network
from ml.preprocess import PhotoError, read_bytes, read_photo
from search.index.colours import garment_colours
from search.index.encoders import active_encoder, network_of

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif", ".gif"}
BATCH = 64  # products a transaction


class ImportFolderError(ValueError):
    """The folder cannot be imported; the message says why."""


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
            store_drafts(drafts, report)
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
    drawn = in_other_colours(name, paths[0].stem)
    group = f"{name}-{drawn.style}" if drawn else ""
    texts = describe(
        category=name,
        colour=drawn.colour if drawn else _main_colour(first, network),
        key=first.sha256,
        style=group,
    )
    return ProductDraft(name, group, texts, list(photos.values())), errors


def _main_colour(photo: PreparedPhoto, network: Network) -> str:
    """Return the garment's main colour, as embedding the photo will name it."""
    image = read_photo(photo.content, max_side=network.decode_side)
    seen = network.encode_seen([image])
    return garment_colours(network, seen, [photo.colours])[0][0]
