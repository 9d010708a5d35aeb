import socket
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fashionlens.demo import dataset
from fashionlens.demo.dataset import (
    DatasetUnavailable,
    download,
)
from fashionlens.demo.manifest import (
    SPLITS,
    ManifestError,
    read_manifest,
    write_manifest,
)


class DatasetServer(ThreadingHTTPServer):
    """Serve a folder; `faults` are the faults of the first requests, by path."""

    daemon_threads = True
    request_queue_size = 64  # all threads connect at once, and a refused SYN costs 1 s

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = root
        self.faults: dict[str, list[str]] = {}
        self.served: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: DatasetServer

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.server.served[path] += 1
        data = (self.server.root / path).read_bytes()
        faults = self.server.faults.get(path, [])
        fault = faults.pop(0) if faults else ""
        if fault.isdigit():
            self.send_error(int(fault))
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if fault == "truncated":
            data = data[: len(data) // 2]
        if fault == "altered":
            data = data[:-1] + bytes([data[-1] ^ 1])
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def origin(tmp_path_factory) -> Path:
    """Return a small dataset of ten "photos" in each split."""
    root = tmp_path_factory.mktemp("origin")
    for split in SPLITS:
        for number in range(10):
            photo = root / split / f"class-{number % 3}" / f"{number}.jpg"
            photo.parent.mkdir(parents=True, exist_ok=True)
            photo.write_bytes(f"{split} {number}".encode() * 500)
    write_manifest(root, root / "manifest.txt")
    return root


@pytest.fixture
def host(origin) -> Iterator[DatasetServer]:
    server = DatasetServer(origin)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_delays(monkeypatch):
    monkeypatch.setattr(dataset, "_retry_delays", lambda: iter([0.0, 0.0, 0.0, None]))


def fetch(host: DatasetServer, folder: Path, **options) -> Path:
    return download(
        folder,
        base_url=host.url,
        manifest=host.root / "manifest.txt",
        progress=False,
        **options,
    )


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def first_photo(host: DatasetServer) -> str:
    return read_manifest(host.root / "manifest.txt")[0].path


def test_one_split_is_downloaded_whole(host, tmp_path):
    assert fetch(host, tmp_path) == tmp_path / "train"
    assert files(tmp_path / "train") == files(host.root / "train")
    assert list(tmp_path.iterdir()) == [tmp_path / "train"]


@pytest.mark.parametrize("fault", ["truncated", "altered", "503", "429"])
def test_a_temporary_fault_is_retried(host, tmp_path, fault):
    photo = first_photo(host)
    host.faults[photo] = [fault, fault]
    fetch(host, tmp_path)
    assert host.served[photo] == 3
    assert files(tmp_path / "train") == files(host.root / "train")


@pytest.mark.parametrize("fault", ["truncated", "altered", "503"])
def test_a_permanent_fault_leaves_no_partial_photo(host, tmp_path, fault):
    photo = first_photo(host)
    host.faults[photo] = [fault] * 9
    with pytest.raises(DatasetUnavailable, match="of 10 photos"):
        fetch(host, tmp_path)
    assert photo not in files(tmp_path)
    assert not list(tmp_path.rglob("*.part"))


def test_a_missing_photo_is_not_retried(host, tmp_path):
    photo = first_photo(host)
    host.faults[photo] = ["404"] * 9
    with pytest.raises(DatasetUnavailable, match=r"Not Found"):
        fetch(host, tmp_path)
    assert host.served[photo] == 1


def test_running_again_fetches_only_what_is_missing(host, tmp_path):
    photo = first_photo(host)
    host.faults[photo] = ["404"]
    with pytest.raises(DatasetUnavailable, match="run the command again"):
        fetch(host, tmp_path)
    downloaded = set(files(tmp_path))
    host.served.clear()
    fetch(host, tmp_path)
    assert files(tmp_path / "train") == files(host.root / "train")
    assert not downloaded & set(host.served)
    host.served.clear()
    fetch(host, tmp_path)
    assert not host.served


def test_the_message_counts_the_downloaded_photos(host, tmp_path):
    photo = first_photo(host)
    host.faults[photo] = ["404"]
    with pytest.raises(DatasetUnavailable) as raised:
        fetch(host, tmp_path)
    assert f"after {len(files(tmp_path))} of 10 photos" in str(raised.value)


def test_a_photo_of_the_wrong_size_is_downloaded_again(host, tmp_path):
    photo = fetch(host, tmp_path).parent / first_photo(host)
    photo.write_bytes(b"half a photo")
    fetch(host, tmp_path)
    assert files(tmp_path / "train") == files(host.root / "train")


def test_verify_replaces_a_photo_of_the_right_size_and_wrong_sha256(host, tmp_path):
    photo = fetch(host, tmp_path).parent / first_photo(host)
    data = photo.read_bytes()
    photo.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    fetch(host, tmp_path)
    assert photo.read_bytes() != data  # only sizes are compared
    fetch(host, tmp_path, verify=True)
    assert photo.read_bytes() == data


def test_an_unreachable_host_is_reported_at_once(origin, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(DatasetUnavailable, match=r"127\.0\.0\.1 cannot be reached"):
        download(
            tmp_path, base_url=url, manifest=origin / "manifest.txt", progress=False
        )
    assert not list(tmp_path.iterdir())


def test_a_host_that_never_answers_is_reported(origin, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "PROBE_TIMEOUT_S", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(DatasetUnavailable, match="cannot be reached"):
            download(
                tmp_path, base_url=url, manifest=origin / "manifest.txt", progress=False
            )


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("../train", "a.jpg"),
        ("/etc", "a.jpg"),
        ("train/dress", "..\\a.jpg"),
        ("train/dress", "../../../a.jpg"),
        ("C:train", "a.jpg"),
    ],
)
def test_a_manifest_with_paths_outside_the_folder_is_refused(tmp_path, folder, name):
    manifest = tmp_path / "manifest.txt"
    manifest.write_text(f"[{folder}]\n{'A' * 43} 10 {name}\n")
    with pytest.raises(ManifestError, match=r"line 2: .* outside the folder"):
        read_manifest(manifest)


@pytest.mark.parametrize("line", ["nonsense", "AAAA 10 a.jpg", f"{'A' * 43} x a.jpg"])
def test_the_error_names_the_damaged_line(tmp_path, line):
    manifest = tmp_path / "manifest.txt"
    manifest.write_text(f"# head\n[train/dress]\n{line}\n")
    with pytest.raises(ManifestError, match="line 3"):
        read_manifest(manifest)


def test_the_committed_manifest_lists_the_dataset():
    entries = read_manifest()
    splits = Counter(entry.path.split("/")[0] for entry in entries)
    assert splits == {"train": 3068, "validation": 341, "test": 372}
    assert len({entry.sha256 for entry in entries}) == 3781
    assert len({entry.path.split("/")[1] for entry in entries}) == 10
