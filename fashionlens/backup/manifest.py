"""What a backup holds; written last, so that a folder without it is incomplete."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from fashionlens.backup.files import DamagedBackup, file_hash, replace_text

DUMP, MANIFEST, PHOTOS, ENCODERS = "database.dump", "backup.json", "photos", "encoders"


@dataclass(frozen=True)
class SavedEncoder:
    version: str
    folder: str  # as in the database
    saved_in: str  # folder of the backup


@dataclass(frozen=True)
class Manifest:
    created: str
    dump_sha256: str
    rows: dict[str, int]  # by table
    encoders: list[SavedEncoder]

    @classmethod
    def read(cls, backup: Path) -> Self:
        """Raises DamagedBackup."""
        try:
            values = json.loads((backup / MANIFEST).read_text())
            encoders = [SavedEncoder(**each) for each in values.pop("encoders")]
            manifest = cls(**values, encoders=encoders)
            intact = file_hash(backup / DUMP) == manifest.dump_sha256
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedBackup(
                f"{backup} holds no complete backup: {error}. Choose the DIR of a"
                " `manage.py backup DIR` that ended well."
            ) from error
        if not intact:
            raise DamagedBackup(f"{backup / DUMP} is not the file that was saved.")
        return manifest

    def write(self, backup: Path) -> None:
        replace_text(backup / MANIFEST, json.dumps(asdict(self), indent=1))
