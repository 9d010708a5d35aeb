"""Where the files of a feed's photos are: below a folder, or in a ZIP archive."""

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from unicodedata import normalize
from urllib.parse import unquote, urlsplit
from zipfile import BadZipFile, ZipFile, ZipInfo

from catalog.feeds.zip_files import inner_name, is_zip, photos_of
from catalog.slugs import comparable
from ml.preprocess import MAX_BYTES, read_bytes

Version = dict[str, Any]
_CACHED_LINKS = 4096


class LinkError(ValueError):
    """There is no photo at a link; the message says what was expected."""


class FileOfPhoto(Protocol):
    @property
    def version(self) -> Version:
        """Return what changes with the file's content."""

    def read(self) -> bytes:
        """Return the content. Raises PhotoError if it is too long or empty."""


class FilesOfPhotos(Protocol):
    def find(self, link: str) -> FileOfPhoto:
        """Return the file of a path. Raises LinkError."""

    def find_address(self, link: str) -> FileOfPhoto | None:
        """Return the file that stands for a web address, if there is one."""

    def close(self) -> None: ...


def open_photo_files(path: Path) -> FilesOfPhotos:
    return ZippedPhotos(path) if is_zip(path) else FolderPhotos(path)


class _OnDisk:
    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def version(self) -> Version:
        stat = self.path.stat()
        return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}

    def read(self) -> bytes:
        return read_bytes(self.path)


class FolderPhotos:
    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        # An import looks for a file up to three times.
        self.find = lru_cache(_CACHED_LINKS)(self._find)

    def _find(self, link: str) -> FileOfPhoto:
        for spelling in _spellings(link):
            path = (self.folder / _inside(spelling)).resolve()
            if not path.is_relative_to(self.folder):
                raise LinkError(
                    "a file in the photos' folder; this link leads out of it"
                )
            if path.is_file():
                return _OnDisk(path)
        raise LinkError(f"a file that exists in {self.folder.name}/")

    def find_address(self, link: str) -> FileOfPhoto | None:
        return None

    def close(self) -> None:
        pass


class _Zipped:
    def __init__(self, archive: ZipFile, entry: ZipInfo) -> None:
        self.archive, self.entry = archive, entry

    @property
    def version(self) -> Version:
        return {"size": self.entry.file_size, "crc": self.entry.CRC}

    def read(self) -> bytes:
        try:
            with self.archive.open(self.entry) as file:
                return read_bytes(file.read(MAX_BYTES + 1))
        except (BadZipFile, zlib.error) as error:
            raise LinkError(f"a photo that can be unpacked: {error}") from error


class ZippedPhotos:
    """Photos are found by their path, or by their name alone where it is unique."""

    def __init__(self, path: Path) -> None:
        self.archive = ZipFile(path)
        self.by_path: dict[str, ZipInfo] = {}
        self.by_name: dict[str, list[ZipInfo]] = defaultdict(list)
        for entry in photos_of(self.archive):
            name = comparable(inner_name(entry))
            self.by_path[name] = entry
            self.by_name[name.rpartition("/")[2]].append(entry)

    def find(self, link: str) -> FileOfPhoto:
        several = False
        for spelling in _spellings(link):
            path = comparable(_inside(spelling).as_posix())
            if path in self.by_path:
                return _Zipped(self.archive, self.by_path[path])
            named = self.by_name.get(path.rpartition("/")[2], [])
            if len(named) == 1:
                return _Zipped(self.archive, named[0])
            several |= bool(named)
        if several:
            raise LinkError("a path; the ZIP archive has several files of this name")
        raise LinkError("a file that exists in the ZIP archive")

    def find_address(self, link: str) -> FileOfPhoto | None:
        name = PurePosixPath(urlsplit(link).path).name
        named = [self.by_name.get(comparable(each), []) for each in _spellings(name)]
        entry = next((entries[0] for entries in named if len(entries) == 1), None)
        return _Zipped(self.archive, entry) if entry else None

    def close(self) -> None:
        self.archive.close()


def _inside(spelling: str) -> PurePosixPath:
    """Return a path that stays below the folder. Raises LinkError."""
    pure = PurePosixPath(spelling)
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", spelling)
    if scheme or pure.is_absolute() or ".." in pure.parts:
        raise LinkError("a path below the photos' folder, or an http(s) address")
    return pure


def _spellings(link: str) -> Iterator[str]:
    """Yield a path as written, decoded, and with accents in one or two code points."""
    relative = link.replace("\\", "/").lstrip("/")
    if relative.isascii() and not {"%", "&"} & set(relative):
        yield relative
        return
    names = (relative, unquote(relative), unescape(unquote(relative)))
    composed = [normalize("NFC", name) for name in names]
    decomposed = [normalize("NFD", name) for name in names]
    yield from dict.fromkeys((*names, *composed, *decomposed))
