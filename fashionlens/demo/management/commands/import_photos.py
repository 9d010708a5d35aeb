from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from fashionlens.demo.class_folders import ImportFolderError, find_photos, import_photos


class Command(BaseCommand):
    help = (
        "Import products from a folder of class folders (FOLDER/dress/1.jpg ...)."
        " NAME-2.jpg is a second photo of NAME.jpg. Products that exist are skipped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            folders = find_photos(folder)
            total = sum(len(paths) for group in folders.values() for paths in group)
            with tqdm(total=total, unit=" photos", desc="Importing") as bar:
                report = import_photos(folder, progress=bar.update)
        except ImportFolderError as error:
            raise CommandError(str(error)) from error
        except OSError as error:  # MEDIA_ROOT is full or not writable
            raise CommandError(
                f"Cannot store the photos: {error}. Imported products are kept; run"
                " the same command again to continue."
            ) from error
        for path, reason in report.skipped:
            self.stderr.write(f"Skipped {path}: {reason}")
        self.stdout.write(
            f"{report.products} products with {report.photos} photos imported,"
            f" {report.existing} products exist already, {len(report.skipped)} photos"
            " skipped."
        )
        if report.photos:
            self.stdout.write(
                "The workers embed them within a minute, `manage.py embed` immediately."
            )
