"""The shop's files: photos in the storage, and folders of encoders."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.apps import apps
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import FileField

THREADS = 8  # an object storage answers each request slowly
_BLOCK = 1024 * 1024


def stored_names() -> Iterator[str]:
    """Yield the names of all files that the database names."""
    for model in apps.get_models():
        if model._meta.proxy or not model._meta.managed:
            continue
        for field in model._meta.fields:
            if isinstance(field, FileField):
                files = model._default_manager.exclude(**{field.name: ""})
                names = files.values_list(field.name, flat=True)
                yield from names.order_by().distinct()


class PhotoFolder:
    """A folder with the photos, and their hashes in the format of sha256sum.

    A name contains a hash of the pixels: a photo that is there is not copied again.
    """

    def __init__(self, folder: Path):
        self.folder, self.list = folder, folder.with_suffix(".sha256")

    def save(self, names: Iterable[str]) -> tuple[int, list[str]]:
        """Copy from the storage; return the number copied, and names without file."""
        wanted = sorted(names)
        known = self.hashes()
        new = [n for n in wanted if n not in known or not (self.folder / n).exists()]
        with ThreadPoolExecutor(THREADS) as pool:
            copied = dict(zip(new, pool.map(self._save_one, new), strict=True))
        missing = [name for name, digest in copied.items() if digest is None]
        kept = {name: known[name] for name in wanted if name not in copied}
        hashes = {n: d for n, d in sorted((kept | copied).items()) if d}
        lines = (
            f"{digest}  {self.folder.name}/{name}\n" for name, digest in hashes.items()
        )
        replace_text(self.list, "".join(lines))
        return len(copied) - len(missing), missing

    def load(self) -> int:
        """Copy into the storage what it lacks. Raises DamagedBackup."""
        hashes = self.hashes()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._load_one, hashes, hashes.values()))
        return len(hashes)

    def hashes(self) -> dict[str, str]:
        if not self.list.exists():
            return {}
        lines = self.list.read_text().splitlines()
        pairs = (line.split("  ", 1) for line in lines)
        return {name.partition("/")[2]: digest for digest, name in pairs}

    def is_stored(self, name: str) -> bool:
        """Return whether the storage holds this photo as it is here."""
        path = self.folder / name
        return default_storage.exists(name) and (
            default_storage.size(name) == path.stat().st_size
        )

    def _save_one(self, name: str) -> str | None:
        path = self.folder / name
        part = path.with_name(f"{path.name}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        try:
            with default_storage.open(name) as source, part.open("wb") as target:
                for block in source.chunks(_BLOCK):
                    digest.update(block)
                    target.write(block)
        except FileNotFoundError:
            return None
        part.replace(path)
        return digest.hexdigest()

    def _load_one(self, name: str, digest: str) -> None:
        path = self.folder / name
        if not path.exists() or file_hash(path) != digest:
            raise DamagedBackup(f"{path} is missing or damaged.")
        if not default_storage.exists(name):
            with path.open("rb") as source:
                default_storage.save(name, File(source))


class DamagedBackup(Exception):
    """A file is not the one that was saved; the message is for people."""


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_folder(source: Path, target: Path) -> None:
    """Copy under another name first: a killed process leaves no half folder."""
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, part)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)


def replace_text(path: Path, text: str) -> None:
    """Write the file under another name first, so that it is never half written."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text)
    part.replace(path)
