from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fashionlens.backup import dump
from fashionlens.backup.files import PhotoFolder, copy_folder, file_hash, stored_names
from fashionlens.backup.manifest import DUMP, ENCODERS, PHOTOS, Manifest, SavedEncoder
from search.index.encoders import live_encoders


class Command(BaseCommand):
    help = (
        "Save database, photos and encoders in DIR. In a DIR that holds a backup, only"
        " new photos are copied. SECRET_KEY is not saved."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", type=Path)

    def handle(self, *args: Any, dir: Path, **options: Any) -> None:
        part = dir / f"{DUMP}.part"
        photos = PhotoFolder(dir / PHOTOS)
        try:
            photos.folder.mkdir(parents=True, exist_ok=True)
            with dump.snapshot() as snapshot:
                rows = dump.count_rows()
                names = set(stored_names())
                encoders = list(live_encoders().values_list("pk", "version", "folder"))
                dump.save(part, snapshot=snapshot)
            copied, missing = photos.save(names)
            copies = [self._save_encoder(dir, *encoder) for encoder in encoders]
            saved = [copy for copy in copies if copy]
            part.replace(dir / DUMP)
            Manifest(
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                dump_sha256=file_hash(dir / DUMP),
                rows=rows,
                encoders=saved,
            ).write(dir)
        except (dump.DumpError, OSError) as error:
            raise CommandError(f"No backup was made: {error}") from error
        for name in missing:
            self.stderr.write(f"{name} has no file, so it is not in the backup.")
        self.stdout.write(
            f"Saved {sum(rows.values())} rows of {len(rows)} tables,"
            f" {len(names) - len(missing)} photos ({copied} of them new) and"
            f" {len(saved)} encoders in {dir}."
        )

    def _save_encoder(
        self, backup: Path, pk: int, version: str, folder: str
    ) -> SavedEncoder | None:
        source = Path(settings.BASE_DIR) / folder
        if not source.is_dir():
            self.stderr.write(f"Encoder {version} is not saved: {source} is missing.")
            return None
        copy_folder(source, backup / ENCODERS / str(pk))
        return SavedEncoder(version, folder, f"{ENCODERS}/{pk}")
