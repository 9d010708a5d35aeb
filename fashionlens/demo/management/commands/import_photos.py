from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from fashionlens.demo.class_folders import ImportRefused, find_photos, import_photos


class Command(BaseCommand):
    help = (
        "Make products from a folder of class folders (FOLDER/dress/1.jpg ...)."
        " NAME-2.jpg is a second photo of NAME.jpg. Running again adds nothing twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            found = find_photos(folder)
            total = sum(len(paths) for group in found.values() for paths in group)
            with tqdm(total=total, unit=" photos", desc="Importing") as bar:
                report = import_photos(folder, progress=bar.update)
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        except OSError as error:  # of MEDIA_ROOT: full, or not ours to write to
            raise CommandError(
                f"The photos cannot be stored: {error}. What was imported stays; run"
                " the same command again to go on."
            ) from error
        for path, reason in report.skipped:
            self.stderr.write(f"Skipped {path}: {reason}")
        self.stdout.write(
            f"{report.products} products with {report.photos} photos imported,"
            f" {report.known} known already, {len(report.skipped)} photos skipped."
        )
        if report.photos:
            self.stdout.write(
                "Running workers embed them within a minute; `manage.py embed` at once."
            )
