"""The photos a feed links to: files below a folder, or addresses on the web.

Each comes with a version, by which the next import knows without reading it that it has
not changed: a file's size and time, an answer's ETag and Last-Modified.
"""

import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from catalog.photos.prepared import PreparedPhoto, prepare_photo
from catalog.photos.remote import AddressError, Fetched, fetch
from ml.preprocess import PhotoError, read_bytes

RETRY_AFTER_S = 1.0
MOST_FAILURES = 20  # in a row, before a host is not asked any more
Version = dict[str, Any]


class LinkError(ValueError):
    """No photo comes from this link; the text says what is expected."""


@dataclass(frozen=True)
class LinkedPhoto:
    photo: PreparedPhoto | None  # None: as it was
    version: Version


class PhotoReader:
    """May be used by several threads."""

    def __init__(self, folder: Path, *, private: bool, trust: bool) -> None:
        """`private`: addresses of any network and port. `trust`: an address known
        already is not asked whether its photo changed."""
        self.folder = folder.resolve()
        self.private = private
        self.trust = trust
        self.failures: Counter[str] = Counter()  # by host, in a row

    def read(self, link: str, known: Version | None) -> LinkedPhoto:
        """`known` is the version that the shop has. Raises LinkError."""
        try:
            if re.match(r"(?i)(https?:)?//", link):
                return self._at_address(link, known)
            return self._in_file(link, known)
        except (PhotoError, AddressError) as error:
            raise LinkError(f"a photo: {error}") from error
        except (OSError, RuntimeError, ValueError) as error:
            if isinstance(error, LinkError):
                raise
            raise LinkError(f"a photo that can be read: {error}") from error

    def _in_file(self, link: str, known: Version | None) -> LinkedPhoto:
        path = self._path(link)
        stat = path.stat()
        version = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        if version == known:
            return LinkedPhoto(None, version)
        return LinkedPhoto(prepare_photo(read_bytes(path)), version)

    def _path(self, link: str) -> Path:
        pure = PurePosixPath(link)
        foreign = "\\" in link or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", link)
        if foreign or pure.is_absolute() or ".." in pure.parts:
            raise LinkError("a path below the photos' folder, or an http(s) address")
        path = (self.folder / pure).resolve()
        if not path.is_relative_to(self.folder):
            raise LinkError("a file that lies in the photos' folder; this leads out")
        if not path.is_file():
            raise LinkError(f"a file that is there, in {self.folder.name}/")
        return path

    def _at_address(self, link: str, known: Version | None) -> LinkedPhoto:
        if known is not None and self.trust:
            return LinkedPhoto(None, known)
        address = f"https:{link}" if link.startswith("//") else link
        found = self._fetch_twice(address, known)
        if found.content is None:
            return LinkedPhoto(None, dict(found.version))
        return LinkedPhoto(prepare_photo(found.content), dict(found.version))

    def _fetch_twice(self, address: str, known: Version | None) -> Fetched:
        host = urlsplit(address).netloc
        if self.failures[host] >= MOST_FAILURES:
            raise LinkError(
                f"an answer from {host}: it gave none {MOST_FAILURES} times"
            )
        try:
            try:
                found = fetch(address, private=self.private, since=known)
            except AddressError as error:
                if not error.passing:
                    raise
                time.sleep(RETRY_AFTER_S)
                found = fetch(address, private=self.private, since=known)
        except AddressError as error:
            self.failures[host] = self.failures[host] + 1 if error.passing else 0
            raise
        self.failures[host] = 0
        return found
