"""Photos that feeds link to, in files and on a real server."""

import os
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from unicodedata import normalize

import pytest

from catalog.feeds.photos import reader as photos
from catalog.feeds.photos.files import FolderPhotos, LinkError
from catalog.feeds.photos.reader import PhotoReader
from catalog.tests.factories import make_photo_bytes
from catalog.tests.photo_server import PhotoServer, photo_server
from ml.preprocess import MAX_BYTES

RED = make_photo_bytes("red")


@pytest.fixture
def server(monkeypatch) -> Iterator[PhotoServer]:
    monkeypatch.setattr(photos, "RETRY_AFTER_S", 0)
    with photo_server() as running:
        running.files["/a.jpg"] = RED
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "feed" / "deep").mkdir(parents=True)
    (tmp_path / "feed" / "deep" / "a.jpg").write_bytes(RED)
    (tmp_path / "secret.jpg").write_bytes(RED)
    return tmp_path / "feed"


def reader(folder: Path, **options: bool) -> PhotoReader:
    return PhotoReader(
        FolderPhotos(folder), **{"allow_private": True, "trust_links": False} | options
    )


def refusal(reading: PhotoReader, link: str) -> str:
    with pytest.raises(LinkError) as refused:
        reading.read(link, None)
    return str(refused.value)


def test_a_file_is_read_once_until_it_changes(folder, monkeypatch):
    first = reader(folder).read("deep/a.jpg", None)
    assert first.photo and first.photo.content == RED
    again = reader(folder).read("deep/a.jpg", first.version)
    assert (again.photo, again.version) == (None, first.version)
    os.utime(folder / "deep" / "a.jpg", (1, 1))
    assert reader(folder).read("deep/a.jpg", first.version).photo


@pytest.mark.parametrize(
    "link",
    [
        *(
            "../secret.jpg",
            "deep/../../secret.jpg",
            "/etc/passwd",
            "deep%2F../../secret.jpg",
        ),
        *("%2e%2e/secret.jpg", "..\\secret.jpg", "/../secret.jpg"),
        *("C:/a.jpg", "file:///etc/passwd", "ftp://x.example/a.jpg", "data:image/png,"),
        *("out.jpg", "outside/secret.jpg", "deep", "none.jpg", "loop.jpg", "."),
        *("a" * 300, "pipe.jpg", "notes.txt", "empty.jpg"),
    ],
)
def test_links_to_anything_but_photos_in_the_folder_are_refused(folder, link):
    (folder / "out.jpg").symlink_to(folder.parent / "secret.jpg")
    (folder / "outside").symlink_to(folder.parent)
    (folder / "loop.jpg").symlink_to("loop.jpg")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "notes.txt").write_text("no photo")
    (folder / "empty.jpg").touch()
    assert refusal(reader(folder), link).startswith(("a photo", "a path", "a file"))


@pytest.mark.parametrize(
    ("name", "link"),
    [
        (normalize("NFD", "größe.jpg"), normalize("NFC", "größe.jpg")),
        (normalize("NFC", "été.jpg"), normalize("NFD", "été.jpg")),
        (normalize("NFD", "été.jpg"), "%C3%A9t%C3%A9.jpg"),
        ("red dress.jpg", "red%20dress.jpg"),
        ("100%25.jpg", "100%25.jpg"),
        ("a&b.jpg", "a&amp;b.jpg"),
        ("a.jpg", "\\a.jpg"),
        ("a.jpg", "/a.jpg"),
    ],
)
def test_a_file_is_found_as_exports_write_its_name(folder, name, link):
    (folder / "deep" / name).write_bytes(RED)
    assert reader(folder / "deep").read(link, None).photo
    assert reader(folder).read(f"deep\\{link}", None).photo


def test_symbolic_links_inside_the_folder_are_followed(folder):
    (folder / "same.jpg").symlink_to("deep/a.jpg")
    assert reader(folder).read("same.jpg", None).photo


def test_an_unchanged_address_is_not_downloaded_again(folder, server):
    link = f"{server.url}/a.jpg"
    first = reader(folder).read(link, None)
    again = reader(folder).read(link, first.version)
    assert (again.photo, again.version) == (None, first.version)
    server.files["/a.jpg"] = make_photo_bytes("lime")
    assert reader(folder).read(link, first.version).photo
    assert [status for _, status in server.answers] == [200, 304, 200]
    assert server.agents == {"FashionLens"}


def test_a_trusted_link_is_not_requested_again(folder, server):
    link = f"{server.url}/a.jpg"
    trusting = reader(folder, trust_links=True)
    version = trusting.read(link, None).version
    assert trusting.read(link, version).photo is None
    assert trusting.read(link, {}).photo is None  # the server sent no version
    assert len(server.answers) == 1


def test_a_failing_server_gets_one_retry(folder, server):
    server.failures["/a.jpg"] = 1
    assert reader(folder).read(f"{server.url}/a.jpg", None).photo
    server.failures["/a.jpg"] = 2
    assert "503" in refusal(reader(folder), f"{server.url}/a.jpg")
    assert [status for _, status in server.answers] == [503, 200, 503, 503]


def test_a_missing_photo_gets_no_retry(folder, server):
    assert "404" in refusal(reader(folder), f"{server.url}/none.jpg")
    assert len(server.answers) == 1


def test_a_dead_host_is_given_up(folder, server, monkeypatch):
    monkeypatch.setattr(photos, "MAX_FAILURES", 2)
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}"
        reading = reader(folder)
        messages = [refusal(reading, f"{dead}/{n}.jpg") for n in range(3)]
    assert "cannot be reached" in messages[1]
    assert "failed 2 times" in messages[2]
    assert reading.read(f"{server.url}/a.jpg", None).photo  # other hosts still work


def test_a_busy_host_is_waited_for(folder, server):
    server.busy = 3
    links = [f"{server.url}/a.jpg?{n}" for n in range(4)]
    server.files |= {f"/a.jpg?{n}": RED for n in range(4)}
    reading = reader(folder)
    assert all(reading.read(link, None).photo for link in links)
    assert [status for _, status in server.answers] == [429] * 3 + [200] * 4


def test_an_address_is_read_as_browsers_do(folder, server):
    server.files["/red%20dress.jpg?a=1&b=%C3%BC"] = RED
    assert reader(folder).read(f"{server.url}/red dress.jpg?a=1&amp;b=ü", None).photo


def test_redirects_are_followed(folder, server):
    server.redirects["/b.jpg"] = "/a.jpg"
    assert reader(folder).read(f"{server.url}/b.jpg", None).photo


def test_private_networks_are_refused_by_default(folder, server):
    careful = reader(folder, allow_private=False)
    assert "not an address of the public" in refusal(careful, "http://127.0.0.1/a.jpg")
    assert "port 80 or 443" in refusal(careful, f"{server.url}/a.jpg")
    assert not server.answers


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"<html>", "not a photo"), (bytes(MAX_BYTES + 1), "larger than 10 MB")],
)
def test_an_answer_that_is_no_photo_is_refused(folder, server, body, message):
    server.files["/a.jpg"] = body
    assert message in refusal(reader(folder), f"{server.url}/a.jpg")


@pytest.mark.parametrize("link", ["http://[::1", "https://", "http://x y/", "//"])
def test_invalid_addresses_are_refused(folder, link):
    assert refusal(reader(folder), link).startswith("a photo")
