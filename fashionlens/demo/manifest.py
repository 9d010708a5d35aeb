"""The list of the dataset's photos, each with its size and sha256.

A line `[folder]` is followed by one line `sha256 size name` for each file in it. The
sha256 is in URL-safe base64 without padding, which keeps the list short.
"""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

COMMIT = "11961516512414bf9f6c150a832cfd21b54a6b54"
MANIFEST = Path(__file__).with_name("dataset.txt")
SPLITS = ("train", "validation", "test")


class ManifestError(ValueError):
    """The manifest is damaged or names a file outside the folder."""


@dataclass(frozen=True)
class ManifestEntry:
    path: str  # train/dress/NAME.jpg
    size: int
    sha256: str  # hex


def read_manifest(manifest: Path = MANIFEST) -> list[ManifestEntry]:
    entries: list[ManifestEntry] = []
    folder = ""
    for number, line in enumerate(manifest.read_text("utf-8").splitlines(), start=1):
        if line.startswith("["):
            folder = line.strip("[]")
        elif line and not line.startswith("#"):
            entries.append(_entry(folder, line, f"{manifest.name}, line {number}"))
    return entries


def _entry(folder: str, line: str, place: str) -> ManifestEntry:
    try:
        digest, size, name = line.split(" ")
        sha256 = base64.urlsafe_b64decode(digest + "=").hex()
        path = PurePosixPath(folder, name)
        entry = ManifestEntry(str(path), int(size), sha256)
    except ValueError as error:
        raise ManifestError(f"{place}: expected `sha256 size name`.") from error
    outside = path.is_absolute() or ".." in path.parts
    if outside or "\\" in entry.path or ":" in entry.path or "/" in name:
        raise ManifestError(f"{place}: {entry.path} is outside the folder.")
    if len(sha256) != 64 or entry.size < 1:
        raise ManifestError(f"{place}: the size or the sha256 is not valid.")
    return entry


def write_manifest(source: Path, manifest: Path = MANIFEST) -> int:
    lines = [f"# Clothing Dataset (small), CC0 1.0, commit {COMMIT}"]
    count = 0
    for folder in (f for split in SPLITS for f in sorted((source / split).iterdir())):
        lines.append(f"[{folder.relative_to(source).as_posix()}]")
        for photo in sorted(folder.glob("*.jpg")):
            data = photo.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()
            lines.append(f"{digest.rstrip('=')} {len(data)} {photo.name}")
            count += 1
    manifest.write_text("\n".join(lines) + "\n", "utf-8")
    return count
