"""ZIP archives with a feed and its photos; nothing of one gets a path on the disk."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile, ZipInfo, is_zipfile

from catalog.feeds.columns import FeedRefused

MAX_ENTRIES = 200_000
MAX_FEED_BYTES = 1_000_000_000
_CHUNK_BYTES = 1 << 20
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1  # bits of an entry's flags
_FEED_SUFFIXES = (".csv", ".tsv", ".txt", ".xml", ".json", ".jsonl", ".ndjson", ".xlsx")
_WORKBOOK = "xl/workbook.xml"
_UNREADABLE = (BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error)


def is_zip(path: Path) -> bool:
    """Return whether the file is an archive, and no Excel workbook."""
    if not path.is_file() or not is_zipfile(path):
        return False
    with ZipFile(path) as archive:
        return _WORKBOOK not in archive.NameToInfo


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield the file of the feed: of an archive a copy of the one inside.

    Raises FeedRefused.
    """
    if not is_zip(path):
        yield path
        return
    with TemporaryDirectory(prefix="feed-") as folder:
        try:
            with ZipFile(path) as archive:
                entry = _find_feed(path, archive)
                # The name of an entry may be any path: ../../etc/cron.d/x.
                copy = Path(folder, f"feed{PurePosixPath(entry.filename).suffix}")
                _copy(archive, entry, copy)
        except _UNREADABLE as error:
            raise FeedRefused(
                f"{path.name} cannot be read as a ZIP archive: {error}. Pack it again."
            ) from error
        yield copy


def photos_of(archive: ZipFile) -> Iterator[ZipInfo]:
    for entry in archive.infolist():
        if not _is_of_system(entry) and not _is_feed(entry):
            yield entry


def inner_name(entry: ZipInfo) -> str:
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    try:  # macOS does not say that its names are UTF-8
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _find_feed(path: Path, archive: ZipFile) -> ZipInfo:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise FeedRefused(
            f"{path.name} has {len(entries):,} files. Use at most {MAX_ENTRIES:,}."
        )
    feeds = [each for each in entries if _is_feed(each)]
    if len(feeds) != 1:
        named = ", ".join(inner_name(each) for each in feeds[:5]) or "none"
        raise FeedRefused(
            f"{path.name} needs one feed ({', '.join(_FEED_SUFFIXES)}); it has"
            f" {named}. Remove the others, or add one."
        )
    return feeds[0]


def _copy(archive: ZipFile, entry: ZipInfo, target: Path) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise FeedRefused(
            f"{inner_name(entry)} is encrypted. Pack it without password."
        )
    if entry.file_size > MAX_FEED_BYTES:
        raise FeedRefused(
            f"{inner_name(entry)} is larger than {MAX_FEED_BYTES // 10**6} MB. Split"
            " the feed."
        )
    # Reads no more than the size that the entry states.
    with archive.open(entry) as source, target.open("wb") as file:
        while chunk := source.read(_CHUNK_BYTES):
            file.write(chunk)


def _is_feed(entry: ZipInfo) -> bool:
    name = entry.filename.lower()
    return name.endswith(_FEED_SUFFIXES) and not _is_of_system(entry)


def _is_of_system(entry: ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename).parts
    hidden = any(part.startswith(".") and part not in ("..", ".") for part in parts)
    return entry.is_dir() or hidden or "__MACOSX" in parts
