"""Detect what a search leaves of a photo in files, cache, broker and database."""

import hashlib
import io
import os
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import redis
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from catalog.photos.fingerprints import fingerprint

WINDOW = 24  # bytes: so many are not equal by chance
# The first bytes of picture files, plain and in base64.
FILE_HEADS = {
    "JPEG": [b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"\xff\xd8\xff\xdb", b"/9j/4"],
    "PNG": [b"\x89PNG\r\n\x1a\n", b"iVBORw0KGgo"],
    "WebP": [b"WEBPVP8", b"V0VCUFZQO"],
}
_opened: list[str] | None = None  # files this process opens to write, if watched


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is not None and event == "open":
        path, _, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if flags else 0
        if (
            writes
            and isinstance(path, str | bytes)
            and not _is_harmless(os.fsdecode(path))
        ):
            _opened.append(os.fsdecode(path))


def _is_harmless(path: str) -> bool:
    # Python compiles a module when it is first imported.
    return "__pycache__" in path or path == os.devnull


sys.addaudithook(_audit)  # cannot be removed; it costs a comparison


def make_traces(photo: bytes, picture: Image.Image) -> dict[str, bytes]:
    """Return bytes by name that must not be found anywhere.

    `picture` is the part of the photo that is searched with, or all of it.
    """
    found = {"bytes": photo[len(photo) // 2 :][:WINDOW]}
    found["end"] = photo[-WINDOW - 8 : -8]
    for size in (picture.size, (128, 128), (224, 224), (256, 256)):
        small = picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
        pixels = np.asarray(small.convert("RGB"))
        row = pixels[pixels.shape[0] // 2]
        found[f"pixels {size}"] = row.tobytes()[:WINDOW]
        found[f"as floats {size}"] = row.astype(np.float32).tobytes()[:WINDOW]
        scaled = (row / 127.5 - 1).astype(np.float32)
        found[f"scaled {size}"] = scaled.tobytes()[:WINDOW]
        found |= _hashes(f"pixels {size}", pixels.tobytes())
    found |= _hashes("file", photo)
    print_ = fingerprint(picture.convert("RGB"))
    found["fingerprint"] = print_.hash.encode()
    found["tint"] = print_.tint[:WINDOW]
    found["fingerprint in hex"] = f"{int(print_.hash, 2):x}".encode()
    for name, needle in list(found.items()):
        if name in ("bytes", "end") or name.startswith("pixels"):
            found[f"{name} in hex"] = needle.hex().encode()
            for shift in range(3):
                inner = b64encode(b"\0" * shift + needle)[4:-4]
                found[f"{name} in base64, {shift}"] = inner
    return found


def _hashes(name: str, data: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for kind in ("md5", "sha1", "sha256", "blake2b"):
        digest = hashlib.new(kind, data)
        found[f"{kind} of {name}"] = digest.digest()[:16]
        found[f"{kind} of {name} in hex"] = digest.hexdigest()[:32].encode()
        found[f"{kind} of {name} in base64"] = b64encode(digest.digest())[:20]
    return found


class LeakDetector:
    """Collects what is written while `detect_leaks` runs, by place."""

    def __init__(self, folders: list[Path], broker: redis.Redis) -> None:
        self.folders, self.broker = folders, broker
        self.opened: list[str] = []
        self.written: dict[str, bytes] = {}

    def leaks(self, traces: dict[str, bytes]) -> list[str]:
        """Return the traces found, the files opened to write, and any pictures."""
        found = [f"{path} was written to" for path in self.opened]
        for place, data in self.written.items():
            found += [f"{name} in {place}" for name, it in traces.items() if it in data]
            found += [
                f"a {kind} in {place}"
                for kind, heads in FILE_HEADS.items()
                if any(head in data for head in heads)
            ]
        return found


@contextmanager
def detect_leaks(watch: LeakDetector) -> Iterator[LeakDetector]:
    """Collect what is written to folders, cache, broker and database."""
    global _opened
    before = _stamps(watch.folders)
    values = _values(watch.broker)
    _opened = []
    try:
        with CaptureQueriesContext(connection) as captured:
            yield watch
    finally:
        watch.opened, _opened = _opened, None
    for path, stamp in _stamps(watch.folders).items():
        if stamp != before.get(path):
            watch.written[str(path)] = _read(path)
    for key, value in _values(watch.broker).items():
        if values.get(key) != value:
            watch.written[f"value {key}"] = value
    for file in _broker_files(watch.broker):
        watch.written[f"broker's {file}"] = _read(file)
    statements = "\n".join(query["sql"] for query in captured.captured_queries)
    watch.written["SQL statements"] = statements.encode()


def _stamps(folders: list[Path]) -> dict[Path, tuple[int, int]]:
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                # Not the database's files: its statements are collected instead.
                if path.is_file() and "postgres" not in path.parts:
                    found[path] = (path.stat().st_size, path.stat().st_mtime_ns)
            except OSError:
                continue  # a temporary file of a server
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _values(server: redis.Redis) -> dict[str, bytes]:
    """Return the values of all databases of the server, by key."""
    found = {}
    for database in range(16):
        pool = redis.ConnectionPool(
            connection_class=server.connection_pool.connection_class,
            **server.connection_pool.connection_kwargs | {"db": database},
        )
        client = redis.Redis(connection_pool=pool)
        for key in client.scan_iter():
            found[f"{database}/{key!r}"] = key + _value(client, key)
        pool.disconnect()
    return found


def _value(client: redis.Redis, key: bytes) -> bytes:
    kind = client.type(key)
    if kind == b"string":
        return client.get(key) or b""
    if kind == b"list":
        return b"".join(client.lrange(key, 0, -1))
    if kind == b"hash":
        return b"".join(name + value for name, value in client.hgetall(key).items())
    if kind == b"set":
        return b"".join(client.smembers(key))
    return repr(client.zrange(key, 0, -1)).encode()


def _broker_files(server: redis.Redis) -> list[Path]:
    folder = Path(server.config_get("dir")["dir"])
    server.save()
    return [path for path in folder.rglob("*") if path.is_file()]


@contextmanager
def log_to_disk(server: redis.Redis) -> Iterator[None]:
    """Log like the embedded broker, but uncompressed so that it can be searched."""
    wanted = {"appendonly": "yes", "appendfsync": "always", "rdbcompression": "no"}
    before = {name: server.config_get(name)[name] for name in wanted}
    try:
        for name, value in wanted.items():
            server.config_set(name, value)
        yield
    finally:
        for name, value in before.items():
            server.config_set(name, value)


def noise(width: int, height: int, kind: str = "PNG", **options: Any) -> bytes:
    """Return a photo of random pixels."""
    numbers = np.random.default_rng(width)
    pixels = numbers.integers(0, 256, (height, width, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def watched_folders(temporary: Path) -> list[Path]:
    """Return the folders where files could be left; no other run uses them."""
    assert tempfile.gettempdir() == str(temporary)
    return [Path(settings.MEDIA_ROOT), Path(settings.VAR), temporary]
