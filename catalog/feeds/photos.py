"""The photos that a feed links to: files below a folder, or web addresses.

Each has a version: a file's size and time, or an answer's ETag and Last-Modified. The
next import compares it instead of reading the photo again.
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
MAX_FAILURES = 20  # in a row, before a host is given up
Version = dict[str, Any]


class LinkError(ValueError):
    """There is no photo at a link; the message says what was expected."""


@dataclass(frozen=True)
class LinkedPhoto:
    photo: PreparedPhoto | None  # None: unchanged
    version: Version


class PhotoReader:
    """Reads photos, and may be used by several threads."""

    def __init__(self, folder: Path, *, allow_private: bool, trust_links: bool) -> None:
        self.folder = folder.resolve()
        self.allow_private = allow_private
        self.trust_links = trust_links  # a known address is not asked again
        self.failures: Counter[str] = Counter()  # in a row, by host

    def read(self, link: str, known: Version | None) -> LinkedPhoto:
        """Return the photo, without content if its version is the known one.

        Raises LinkError.
        """
        try:
            if re.match(r"(?i)(https?:)?//", link):
                return self._read_address(link, known)
            return self._read_file(link, known)
        except LinkError:
            raise
        except (PhotoError, AddressError) as error:
            raise LinkError(f"a photo: {error}") from error
        except (OSError, RuntimeError, ValueError) as error:
            raise LinkError(f"a photo that can be read: {error}") from error

    def _read_file(self, link: str, known: Version | None) -> LinkedPhoto:
        path = self._path(link)
        stat = path.stat()
        version = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        if version == known:
            return LinkedPhoto(None, version)
        return LinkedPhoto(prepare_photo(read_bytes(path)), version)

    def _path(self, link: str) -> Path:
        pure = PurePosixPath(link)
        invalid = "\\" in link or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", link)
        if invalid or pure.is_absolute() or ".." in pure.parts:
            raise LinkError("a path below the photos' folder, or an http(s) address")
        path = (self.folder / pure).resolve()
        if not path.is_relative_to(self.folder):
            raise LinkError("a file in the photos' folder; this link leads out of it")
        if not path.is_file():
            raise LinkError(f"a file that exists in {self.folder.name}/")
        return path

    def _read_address(self, link: str, known: Version | None) -> LinkedPhoto:
        if known is not None and self.trust_links:
            return LinkedPhoto(None, known)
        address = f"https:{link}" if link.startswith("//") else link
        fetched = self._fetch_with_retry(address, known)
        if fetched.content is None:
            return LinkedPhoto(None, dict(fetched.version))
        return LinkedPhoto(prepare_photo(fetched.content), dict(fetched.version))

    def _fetch_with_retry(self, address: str, known: Version | None) -> Fetched:
        host = urlsplit(address).netloc
        if self.failures[host] >= MAX_FAILURES:
            raise LinkError(
                f"an answer from {host}; it failed {MAX_FAILURES} times in a row"
            )
        try:
            try:
                fetched = fetch(address, private=self.allow_private, since=known)
            except AddressError as error:
                if not error.passing:
                    raise
                time.sleep(RETRY_AFTER_S)
                fetched = fetch(address, private=self.allow_private, since=known)
        except AddressError as error:
            self.failures[host] = self.failures[host] + 1 if error.passing else 0
            raise
        self.failures[host] = 0
        return fetched
