"""Download of the public Clothing Dataset (small): 3,781 photos, CC0 1.0.

    python -m fashionlens.demo.dataset --download DIR
    python -m fashionlens.demo.dataset --write-manifest CHECKOUT

The dataset is github.com/alexeygrigorev/clothing-dataset-small; dataset.txt lists its
photos. This needs the standard library only: `pooch` or `requests` would add six
packages to every installation and would save about thirty lines.
"""

import argparse
import hashlib
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tqdm import tqdm

from fashionlens.demo.manifest import (
    COMMIT,
    MANIFEST,
    SPLITS,
    ManifestEntry,
    read_manifest,
    write_manifest,
)

BASE_URL = (
    "https://raw.githubusercontent.com/alexeygrigorev/clothing-dataset-small/" + COMMIT
)
THREADS = 8
TRIES = 5
PROBE_TIMEOUT_S = 3.0
TIMEOUT_S = 20.0
MAX_RETRY_AFTER_S = 30.0
RETRY_STATUSES = {408, 425, 429, 500, 502, 503, 504}


class DatasetUnavailable(RuntimeError):
    """The photos cannot be downloaded now; the message says why."""


class DownloadFailed(Exception):
    """One file cannot be downloaded, and another try would not help."""


def download(
    folder: Path,
    *,
    split: str = "train",
    progress: bool = True,
    base_url: str = BASE_URL,
    manifest: Path = MANIFEST,
    verify: bool = False,
) -> Path:
    """Download the missing photos of one split; return its folder of class folders.

    Keep existing photos of the right size; with `verify`, compare their sha256 too.
    Raise DatasetUnavailable within seconds if the host cannot be reached, or later with
    the number of photos downloaded.
    """
    entries = [e for e in read_manifest(manifest) if e.path.startswith(split + "/")]
    if not entries:
        raise ValueError(f"No split {split!r}. Choose one of {', '.join(SPLITS)}.")
    missing = [e for e in entries if not _exists(folder, e, verify)]
    if missing:
        _probe(f"{base_url}/{quote(missing[0].path)}")
        _download_all(folder, missing, len(entries), base_url, progress)
    return folder / split


def _exists(folder: Path, entry: ManifestEntry, verify: bool = False) -> bool:
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
    problems: list[str] = []
    answered = threading.Event()

    def request_head() -> None:
        try:
            _open(url, timeout_s=PROBE_TIMEOUT_S, method="HEAD").close()
        except urllib.error.HTTPError as error:
            if error.code not in RETRY_STATUSES:
                problems.append(f"it answers {error.code} {error.reason}")
        except (OSError, HTTPException) as error:
            problems.append(_reason(error))
        answered.set()

    # In a thread: a name server that does not answer blocks getaddrinfo for longer than
    # the socket's timeout.
    threading.Thread(target=request_head, daemon=True).start()
    if not answered.wait(2 * PROBE_TIMEOUT_S):
        problems.append(f"no answer within {2 * PROBE_TIMEOUT_S:.0f} seconds")
    if problems:
        host = urlsplit(url).hostname
        raise DatasetUnavailable(f"{host} cannot be reached: {problems[0]}")


def _open(url: str, *, timeout_s: float, method: str = "GET") -> Any:
    headers = {"User-Agent": "FashionLens/1.0 (dataset download)"}
    request = urllib.request.Request(url, headers=headers, method=method)
    return urllib.request.urlopen(request, timeout=timeout_s)


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return str(text).strip()


def _download_all(
    folder: Path,
    missing: list[ManifestEntry],
    total: int,
    base_url: str,
    progress: bool,
) -> None:
    stop = threading.Event()  # set by the first file that fails
    bar = tqdm(
        total=sum(entry.size for entry in missing),
        desc="Downloading photos",
        unit="B",
        unit_scale=True,
        disable=not progress,
    )
    try:
        with bar, ThreadPoolExecutor(THREADS) as pool:
            pending = {
                pool.submit(_download, folder, entry, base_url, stop): entry
                for entry in missing
            }
            try:
                _show_progress(pending, total, bar)
            finally:
                stop.set()
                pool.shutdown(cancel_futures=True)
    except (OSError, HTTPException, DownloadFailed) as error:
        count = total - sum(not _exists(folder, entry) for entry in missing)
        raise DatasetUnavailable(
            f"the download stopped after {count:,} of {total:,} photos"
            f" ({_reason(error)}); run the command again to continue"
        ) from error


def _show_progress(
    pending: dict[Future[None], ManifestEntry], total: int, bar: tqdm
) -> None:
    while pending:
        done, _ = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
            bar.update(pending.pop(future).size)
        bar.set_postfix_str(f"{total - len(pending):,} of {total:,} photos")


def _download(
    folder: Path, entry: ManifestEntry, base_url: str, stop: threading.Event
) -> None:
    url = f"{base_url}/{quote(entry.path)}"
    for delay_s in _retry_delays():
        if stop.is_set():
            raise ConnectionAbortedError("another file failed")
        try:
            data = _read(url, entry)
            break
        except (OSError, HTTPException) as error:
            if delay_s is None or _is_final(error):
                raise DownloadFailed(f"{entry.path}: {_reason(error)}") from error
            stop.wait(max(delay_s, _retry_after_s(error)))
    _save(folder / entry.path, data)


def _retry_delays() -> Iterator[float | None]:
    for attempt in range(TRIES - 1):
        yield 0.4 * 2**attempt * random.uniform(0.8, 1.2)
    yield None


def _is_final(error: Exception) -> bool:
    return (
        isinstance(error, urllib.error.HTTPError) and error.code not in RETRY_STATUSES
    )


def _retry_after_s(error: Exception) -> float:
    headers = getattr(error, "headers", None)
    value = headers.get("Retry-After", "") if headers else ""
    return min(float(value), MAX_RETRY_AFTER_S) if value.isdigit() else 0.0


def _read(url: str, entry: ManifestEntry) -> bytes:
    with _open(url, timeout_s=TIMEOUT_S) as response:
        data = response.read(entry.size + 1)
    if len(data) != entry.size:
        raise OSError(f"received {len(data):,} bytes, expected {entry.size:,}")
    if _sha256(data) != entry.sha256:
        raise OSError("the sha256 is not the one in the manifest")
    return data


def _save(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write-manifest", metavar="CHECKOUT", type=Path)
    action.add_argument("--download", metavar="DIR", type=Path)
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--verify", action="store_true", help="check every sha256")
    options = parser.parse_args()
    if options.write_manifest:
        print(f"{write_manifest(options.write_manifest):,} photos listed in {MANIFEST}")
        return
    try:
        print(download(options.download, split=options.split, verify=options.verify))
    except DatasetUnavailable as error:
        raise SystemExit(f"Cannot download the dataset: {error}.") from None


if __name__ == "__main__":
    main()
