from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    SystemCheckError,
)
from django.db import connection

from fashionlens.backup import dump
from fashionlens.backup.files import (
    DamagedBackup,
    PhotoFolder,
    copy_folder,
    stored_names,
)
from fashionlens.backup.manifest import DUMP, PHOTOS, Manifest, SavedEncoder
from fashionlens.postgres.checks import EXTENSIONS, check_server
from search.models import Encoder


class Command(BaseCommand):
    help = (
        "Restore the backup in DIR into an empty database and the storage of photos,"
        " and check it. A restore that was interrupted can be repeated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", type=Path)
        parser.add_argument(
            "--encoders",
            type=Path,
            metavar="FOLDER",
            help="where to put encoders that are not part of FashionLens (default:"
            " where they were)",
        )

    def handle(
        self, *args: Any, dir: Path, encoders: Path | None, **options: Any
    ) -> None:
        try:
            manifest = Manifest.read(dir)
            self._prepare_database()
            photos = PhotoFolder(dir / PHOTOS)
            self.stdout.write("Restoring photos and encoders")
            number = photos.load()
            folders = {
                encoder.version: self._restore_encoder(dir, encoder, encoders)
                for encoder in manifest.encoders
            }
            self.stdout.write("Restoring the database, and building its indexes")
            dump.load(dir / DUMP)
        except (dump.DumpError, DamagedBackup, OSError) as error:
            raise CommandError(f"The database is still empty: {error}") from error
        self._check_rows(manifest)
        call_command("migrate", interactive=False, verbosity=0)
        for version, folder in folders.items():
            Encoder.objects.filter(version=version).update(folder=folder)
        self._check_photos(photos)
        call_command("check", databases=["default"])
        self.stdout.write(
            f"Restored and checked {sum(manifest.rows.values())} rows of"
            f" {len(manifest.rows)} tables, {number} photos and {len(folders)} encoders"
            f" of {manifest.created}."
        )

    def _prepare_database(self) -> None:
        if tables := dump.count_rows():
            raise CommandError(
                f"The database is not empty: it has {len(tables)} tables, such as"
                f" {next(iter(tables))}. Restore into an empty database."
            )
        if errors := [each for each in check_server(["default"]) if each.is_serious()]:
            raise SystemCheckError("\n".join(f"{e.msg} {e.hint}" for e in errors))
        with connection.cursor() as cursor:
            for name in EXTENSIONS:
                cursor.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}"')

    def _restore_encoder(
        self, backup: Path, encoder: SavedEncoder, folder: Path | None
    ) -> str:
        """Return the folder of the encoder, with its files in it."""
        own = Path(settings.BASE_DIR) / encoder.folder
        if own.is_dir():  # `check` tells whether its files are those of the encoder
            return encoder.folder
        target = folder.absolute() / encoder.version if folder else own
        try:
            if not target.is_dir():
                copy_folder(backup / encoder.saved_in, target)
        except OSError as error:
            raise CommandError(
                f"Cannot put encoder {encoder.version} into {target}:"
                f" {error.strerror}. Name another folder: --encoders FOLDER"
            ) from error
        return str(target)

    def _check_rows(self, manifest: Manifest) -> None:
        rows = dump.count_rows()
        wrong = [t for t, number in manifest.rows.items() if rows.get(t) != number]
        if wrong:
            raise CommandError(
                f"The restored tables {', '.join(wrong)} have other numbers of rows"
                " than those that were saved. Restore into a new database."
            )

    def _check_photos(self, photos: PhotoFolder) -> None:
        saved = photos.hashes().keys()
        lost = [n for n in stored_names() if n in saved and not photos.is_stored(n)]
        if lost:
            raise CommandError(
                f"{len(lost)} photos differ from those that were saved, such as"
                f" {lost[0]}. Delete them from the storage, then copy them from"
                f" {photos.folder}."
            )
