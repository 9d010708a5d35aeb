"""The photos that a feed links to: files, or web addresses.

Each has a version: a file's size and time, or an answer's ETag and Last-Modified. The
next import compares it instead of reading the photo again.
"""

import re
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from threading import Event
from urllib.parse import urlsplit

from catalog.feeds.photos.files import FileOfPhoto, FilesOfPhotos, LinkError, Version
from catalog.feeds.photos.pace import HostPace
from catalog.photos.prepared import PreparedPhoto, prepare_photo
from catalog.photos.remote import AddressError, Fetched, fetch
from ml.preprocess import PhotoError

RETRY_AFTER_S = 1.0
MAX_FAILURES = 20  # in a row, before a host is given up
_AMP = re.compile(r"&(?:amp|#0*38|#x0*26);", re.IGNORECASE)


@dataclass(frozen=True)
class LinkedPhoto:
    photo: PreparedPhoto | None  # None: unchanged
    version: Version


class PhotoReader:
    """Reads photos, and may be used by several threads."""

    def __init__(
        self, files: FilesOfPhotos, *, allow_private: bool, trust_links: bool
    ) -> None:
        self.files = files
        self.allow_private = allow_private
        self.trust_links = trust_links  # a known address is not asked again
        self.failures: Counter[str] = Counter()  # without an answer, in a row, by host
        self.stopped = Event()
        self.paces: dict[str, HostPace] = {}  # by host

    def stop(self) -> None:
        """End all waits for busy hosts."""
        self.stopped.set()

    def may_differ(self, link: str, known: Version | None) -> bool:
        """Return whether a photo has to be read, or asked for, to know its version."""
        if known is None:
            return True
        try:
            file = self._find(link)
            return not self.trust_links if file is None else file.version != known
        except (LinkError, OSError, RuntimeError, ValueError):
            return True

    def read(self, link: str, known: Version | None) -> LinkedPhoto:
        """Return the photo, without content if its version is the known one.

        Raises LinkError.
        """
        try:
            if file := self._find(link):
                return self._read_file(file, known)
            return self._read_address(link, known)
        except LinkError:
            raise
        except (PhotoError, AddressError) as error:
            raise LinkError(f"a photo: {error}") from error
        except (OSError, RuntimeError, ValueError) as error:
            raise LinkError(f"a photo that can be read: {error}") from error

    def _find(self, link: str) -> FileOfPhoto | None:
        if re.match(r"(?i)(https?:)?//", link):
            return self.files.find_address(link)
        return self.files.find(link)

    def _read_file(self, file: FileOfPhoto, known: Version | None) -> LinkedPhoto:
        version = file.version
        if version == known:
            return LinkedPhoto(None, version)
        return LinkedPhoto(prepare_photo(file.read()), version)

    def _read_address(self, link: str, known: Version | None) -> LinkedPhoto:
        if known is not None and self.trust_links:
            return LinkedPhoto(None, known)
        address = _AMP.sub("&", f"https:{link}" if link.startswith("//") else link)
        fetched = self._fetch_with_retry(address, known)
        if fetched.content is None:
            return LinkedPhoto(None, dict(fetched.version))
        return LinkedPhoto(prepare_photo(fetched.content), dict(fetched.version))

    def _fetch_with_retry(self, address: str, known: Version | None) -> Fetched:
        host = urlsplit(address).netloc
        pace = self.paces.setdefault(host, HostPace(self.stopped))
        if self.failures[host] >= MAX_FAILURES:
            raise LinkError(
                f"an answer from {host}; it failed {MAX_FAILURES} times in a row"
            )
        try:
            try:
                fetched = self._fetch(address, known, pace)
            except AddressError as error:
                if not error.passing:
                    raise
                self.stopped.wait(RETRY_AFTER_S)
                fetched = self._fetch(address, known, pace)
        except AddressError as error:
            unanswered = error.passing and error.status is None
            self.failures[host] = self.failures[host] + 1 if unanswered else 0
            raise
        self.failures[host] = 0
        return fetched

    def _fetch(self, address: str, known: Version | None, pace: HostPace) -> Fetched:
        """Fetch a photo; wait while the host says that it is busy."""
        while True:
            began = pace.wait_for_turn()
            try:
                fetched = fetch(address, private=self.allow_private, since=known)
            except AddressError as error:
                busy = error.status == HTTPStatus.TOO_MANY_REQUESTS or (
                    error.status == HTTPStatus.SERVICE_UNAVAILABLE
                    and error.retry_after_s is not None
                )
                if busy and pace.slow_down(began, error.retry_after_s):
                    continue
                raise
            pace.speed_up()
            return fetched
