from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.feeds.export.files import google_lines, json_lines, write_zip
from catalog.feeds.export.rows import export_rows
from catalog.models import ProductImage

FORMATS = {".tsv": google_lines, ".txt": google_lines, ".jsonl": json_lines}


class Command(BaseCommand):
    help = (
        "Write all products to a feed that import_feed, and Google Merchant Center,"
        " read: FILE.tsv, FILE.jsonl (JSON lines), or FILE.zip with the photos."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="ends with .tsv, .jsonl or .zip")
        parser.add_argument(
            "--address",
            default="",
            metavar="URL",
            help="the address of the shop, with which the links of photos begin",
        )

    def handle(self, *args: Any, file: Path, address: str, **options: Any) -> None:
        suffix = file.suffix.lower()
        if suffix != ".zip" and suffix not in FORMATS:
            raise CommandError(f"{file} does not end with .tsv, .jsonl or .zip.")
        if suffix != ".zip" and not address:
            raise CommandError(
                "Pass --address https://shop.example for the links of photos, or write"
                " a .zip file with the photos."
            )

        def link(image: ProductImage) -> str:
            return urljoin(address, image.file.url)

        try:
            if suffix == ".zip":
                write_zip(file)
            else:
                with file.open("w", encoding="utf-8", newline="") as target:
                    target.writelines(FORMATS[suffix](export_rows(link)))
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error}.") from error
        self.stdout.write(f"The products are in {file}.")
