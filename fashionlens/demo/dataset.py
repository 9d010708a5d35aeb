"""The public Clothing Dataset (small), 3,781 photos, CC0 1.0.

github.com/alexeygrigorev/clothing-dataset-small. The manifest beside this file
names every photo with its size and sha256; it was made from a checkout by
`python -m fashionlens.demo.dataset --write-manifest DIR`.
"""

import argparse
import base64
import hashlib
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from tqdm import tqdm

COMMIT = "11961516512414bf9f6c150a832cfd21b54a6b54"
BASE_URL = (
    "https://raw.githubusercontent.com/alexeygrigorev/clothing-dataset-small/" + COMMIT
)
MANIFEST = Path(__file__).with_name("dataset.txt")
SPLITS = ("train", "validation", "test")
THREADS = 8
TRIES = 5
PROBE_TIMEOUT_S = 3.0
TIMEOUT_S = 20.0
LONGEST_WAIT_S = 30.0
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class DatasetUnavailable(RuntimeError):
    """The photos cannot be had now; the message says why and what is there."""


class ManifestError(ValueError):
    """The manifest is damaged or names a file outside the folder."""


class _Refused(Exception):
    """The host's final answer about one file: trying again is of no use."""


@dataclass(frozen=True)
class Entry:
    path: str  # train/dress/NAME.jpg
    size: int
    sha256: str  # hex


def read_manifest(manifest: Path = MANIFEST) -> list[Entry]:
    """Lines `[folder]`, then `sha256 size name` for each file in it.

    The sha256 is in URL-safe base64 without padding. Raises ManifestError.
    """
    entries: list[Entry] = []
    folder = ""
    for number, line in enumerate(manifest.read_text("utf-8").splitlines(), start=1):
        if line.startswith("["):
            folder = line.strip("[]")
        elif line and not line.startswith("#"):
            entries.append(_entry(folder, line, f"{manifest.name}, line {number}"))
    return entries


def _entry(folder: str, line: str, where: str) -> Entry:
    try:
        digest, size, name = line.split(" ")
        sha256 = base64.urlsafe_b64decode(digest + "=").hex()
        path = PurePosixPath(folder, name)
        entry = Entry(str(path), int(size), sha256)
    except ValueError as error:
        raise ManifestError(f"{where}: expected `sha256 size name`.") from error
    outside = path.is_absolute() or ".." in path.parts
    if outside or "\\" in entry.path or ":" in entry.path or "/" in name:
        raise ManifestError(f"{where}: {entry.path} would leave the folder.")
    if len(sha256) != 64 or entry.size < 1:
        raise ManifestError(f"{where}: the size or the sha256 cannot be right.")
    return entry


def write_manifest(source: Path, manifest: Path = MANIFEST) -> int:
    """List the photos of a checkout of the dataset; returns how many."""
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


def download(
    folder: Path,
    *,
    split: str = "train",
    progress: bool = True,
    base_url: str = BASE_URL,
    manifest: Path = MANIFEST,
    verify: bool = False,
) -> Path:
    """Fetch what is missing of one split and return its folder of class folders.

    Photos that are there with the right size are kept unread, unless `verify`
    asks for their sha256 too. Raises DatasetUnavailable: at once when the host
    cannot be reached, or later with the number of photos that are there.
    """
    entries = [e for e in read_manifest(manifest) if e.path.startswith(split + "/")]
    if not entries:
        raise ValueError(f"No split {split!r}; there are {', '.join(SPLITS)}.")
    missing = [e for e in entries if not _is_there(folder, e, verify)]
    if missing:
        _probe(f"{base_url}/{quote(missing[0].path)}")
        _fetch_all(folder, missing, len(entries), base_url, progress)
    return folder / split


def _is_there(folder: Path, entry: Entry, verify: bool) -> bool:
    path = folder / entry.path
    try:
        if path.stat().st_size != entry.size:
            return False
        return not verify or _sha256(path.read_bytes()) == entry.sha256
    except FileNotFoundError:
        return False


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _probe(url: str) -> None:
    """Fail within seconds where there is no network.

    In a thread of its own: a name server that does not answer holds up
    getaddrinfo far beyond the socket's timeout.
    """
    problems: list[str] = []
    answered = threading.Event()

    def ask() -> None:
        try:
            _open(url, timeout_s=PROBE_TIMEOUT_S, method="HEAD").close()
        except urllib.error.HTTPError as error:
            if error.code not in _PASSING:
                problems.append(f"it answers {error.code} {error.reason}")
        except (OSError, HTTPException) as error:
            problems.append(_reason(error))
        answered.set()

    threading.Thread(target=ask, daemon=True).start()
    if not answered.wait(2 * PROBE_TIMEOUT_S):
        problems.append(f"no answer within {2 * PROBE_TIMEOUT_S:.0f} seconds")
    if problems:
        host = urlsplit(url).hostname
        raise DatasetUnavailable(f"{host} cannot be reached: {problems[0]}")


def _open(url: str, *, timeout_s: float, method: str = "GET"):  # type: ignore[no-untyped-def]
    headers = {"User-Agent": "FashionLens/1.0 (dataset download)"}
    request = urllib.request.Request(url, headers=headers, method=method)
    return urllib.request.urlopen(request, timeout=timeout_s)


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return str(text).strip()


def _fetch_all(
    folder: Path, missing: list[Entry], total: int, base_url: str, progress: bool
) -> None:
    """A few threads; the first file that cannot be had stops them all."""
    stop = threading.Event()
    try:
        with (
            _bar(missing, disable=not progress) as bar,
            ThreadPoolExecutor(THREADS) as pool,
        ):
            waiting = {
                pool.submit(_fetch, folder, entry, base_url, stop): entry
                for entry in missing
            }
            try:
                while waiting:
                    ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in ready:
                        future.result()
                        bar.update(waiting.pop(future).size)
                    there = total - len(waiting)
                    bar.set_postfix_str(f"{there:,} of {total:,} photos")
            finally:
                stop.set()
                pool.shutdown(cancel_futures=True)
    except (OSError, HTTPException, _Refused) as error:
        there = total - sum(not _is_there(folder, e, verify=False) for e in missing)
        raise DatasetUnavailable(
            f"{there:,} of {total:,} photos are there, then: {_reason(error)}."
            " Running again goes on from there"
        ) from error


def _bar(missing: Iterable[Entry], *, disable: bool) -> tqdm:
    return tqdm(
        total=sum(entry.size for entry in missing),
        desc="Downloading photos",
        unit="B",
        unit_scale=True,
        disable=disable,
    )


def _fetch(folder: Path, entry: Entry, base_url: str, stop: threading.Event) -> None:
    """One photo, whole and checked, or an exception and nothing left behind."""
    url = f"{base_url}/{quote(entry.path)}"
    for pause_s in _pauses():
        if stop.is_set():
            raise ConnectionAbortedError("the download was stopped")
        try:
            data = _read(url, entry)
            break
        except (OSError, HTTPException) as error:
            if pause_s is None or _is_final(error):
                raise _Refused(f"{entry.path}: {_reason(error)}") from error
            stop.wait(max(pause_s, _asked_pause_s(error)))
    _keep(folder / entry.path, data)


def _pauses() -> Iterator[float | None]:
    """How long to wait after each try; None after the last."""
    for attempt in range(TRIES - 1):
        yield 0.4 * 2**attempt * random.uniform(0.8, 1.2)
    yield None


def _is_final(error: Exception) -> bool:
    return isinstance(error, urllib.error.HTTPError) and error.code not in _PASSING


def _asked_pause_s(error: Exception) -> float:
    """What `Retry-After` asks for, within reason."""
    headers = getattr(error, "headers", None)
    value = headers.get("Retry-After", "") if headers else ""
    return min(float(value), LONGEST_WAIT_S) if value.isdigit() else 0.0


def _read(url: str, entry: Entry) -> bytes:
    """Raises OSError when what came is not what the manifest says."""
    with _open(url, timeout_s=TIMEOUT_S) as answer:
        data = answer.read(entry.size + 1)
    if len(data) != entry.size:
        raise OSError(f"{len(data):,} bytes came, expected {entry.size:,}")
    if _sha256(data) != entry.sha256:
        raise OSError("what came has another sha256 than the manifest says")
    return data


def _keep(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    job = parser.add_mutually_exclusive_group(required=True)
    job.add_argument("--write-manifest", metavar="DIR", type=Path)
    job.add_argument("--download", metavar="DIR", type=Path)
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--verify", action="store_true", help="check every sha256")
    options = parser.parse_args()
    if options.write_manifest:
        print(f"{write_manifest(options.write_manifest):,} photos listed in {MANIFEST}")
        return
    try:
        print(download(options.download, split=options.split, verify=options.verify))
    except DatasetUnavailable as reason:
        raise SystemExit(f"{reason}.") from None


if __name__ == "__main__":
    main()
