"""Files of exported rows: Google's TSV, JSON lines, and a ZIP with photos."""

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.core.files.storage import default_storage

from catalog.feeds.export.rows import COLUMNS, Row, export_rows
from catalog.models import ProductImage

_PHOTOS = "photos"


def google_lines(rows: Iterable[Row]) -> Iterator[str]:
    buffer = StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", delimiter="\t")
    writer.writeheader()
    yield buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        texts = {n: ",".join(v) if isinstance(v, list) else v for n, v in row.items()}
        writer.writerow(texts)
        yield buffer.getvalue()


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield (
            json.dumps({n: row.get(n, "") for n in COLUMNS}, ensure_ascii=False) + "\n"
        )


def write_zip(path: Path) -> None:
    """Write a ZIP archive of the whole shop with its photos."""
    with (
        ZipFile(path, "w") as archive,
        NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".tsv") as feed,
    ):
        photos: set[str] = set()

        def add_photo(image: ProductImage) -> str:
            name = str(image.file)
            inner = f"{_PHOTOS}/{image.sha256}{PurePosixPath(name).suffix}"
            if inner not in photos and default_storage.exists(name):
                photos.add(inner)
                with default_storage.open(name) as file:
                    archive.writestr(inner, file.read(), ZIP_STORED)
            return inner

        feed.writelines(google_lines(export_rows(add_photo)))
        feed.flush()
        archive.write(feed.name, "feed.tsv", ZIP_DEFLATED)
