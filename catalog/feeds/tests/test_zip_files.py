"""ZIP archives with a feed and its photos."""

from io import StringIO
from pathlib import Path
from unicodedata import normalize
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.management import CommandError, call_command

from catalog.feeds import zip_files
from catalog.feeds.columns import FeedRefused
from catalog.feeds.photos.files import LinkError, open_photo_files
from catalog.feeds.photos.reader import PhotoReader
from catalog.feeds.tests.feed_folder import HEAD, colours
from catalog.feeds.zip_files import unpacked
from catalog.models import Product
from catalog.tests.factories import make_photo_bytes
from ml.preprocess import MAX_BYTES

RED = make_photo_bytes("red")
FEED = f"{HEAD}\nA1,Coat,Coats,19.90 EUR,photos/red.jpg,\n".encode()


@pytest.fixture
def pack(tmp_path: Path):
    def write(files: dict[str, bytes]) -> Path:
        path = tmp_path / "spring.zip"
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path

    return write


def import_zip(path: Path) -> str:
    out = StringIO()
    call_command("import_feed", path, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.django_db
def test_a_feed_and_its_photos_are_imported(pack, prepared):
    path = pack(
        {"shop/feed.csv": FEED, "shop/photos/red.jpg": RED, "__MACOSX/._x": b""}
    )
    assert "1 products created" in import_zip(path)
    assert colours("A1") == ["red"]
    assert "1 unchanged" in import_zip(pack({"feed.csv": FEED, "red.jpg": RED}))
    assert len(prepared) == 1  # known by its checksum in the new archive, too


def find(path: Path, link: str) -> bytes:
    files = open_photo_files(path)
    reader = PhotoReader(files, allow_private=False, trust_links=False)
    photo = reader.read(link, None).photo
    files.close()
    assert photo
    return photo.content


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("a/red.jpg", "a/red.jpg"),
        ("export/a/red.jpg", "red.jpg"),
        ("RED.JPG", "photos\\red.jpg"),
        ("red dress.jpg", "red%20dress.jpg"),
        (normalize("NFD", "Kjøle é.jpg"), normalize("NFC", "Kjøle é.jpg")),
        ("red.jpg", "https://cdn.shop.example/files/red.jpg?v=17"),
    ],
)
def test_photos_are_found_by_their_names(pack, name, link):
    assert find(pack({"feed.csv": FEED, name: RED}), link) == RED


def test_a_name_that_several_files_have_is_not_guessed(pack):
    path = pack({"feed.csv": FEED, "a/1.jpg": RED, "b/1.jpg": make_photo_bytes("lime")})
    assert find(path, "a/1.jpg") == RED
    with pytest.raises(LinkError, match="several files"):
        find(path, "1.jpg")


@pytest.mark.parametrize("link", ["../red.jpg", "C:/red.jpg", "a/../../red.jpg"])
def test_links_out_of_the_archive_are_refused(pack, link):
    with pytest.raises(LinkError):
        find(pack({"feed.csv": FEED, "../red.jpg": RED}), link)


def test_an_entry_cannot_choose_where_it_is_written(pack, tmp_path):
    path = pack({"../../../evil.csv": FEED})
    before = set(tmp_path.parent.rglob("*"))
    with unpacked(path) as copy:
        assert copy.name == "feed.csv"
        assert copy.read_bytes() == FEED
        assert set(tmp_path.parent.rglob("*")) == before
    assert not copy.exists()


def test_a_photo_that_is_a_bomb_is_refused(pack):
    path = pack({"feed.csv": FEED, "red.jpg": bytes(MAX_BYTES * 20)})
    with pytest.raises(LinkError, match="10 MB"):
        find(path, "red.jpg")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.csv": FEED, "b.csv": FEED}, r"one feed.*a\.csv, b\.csv"),
        ({"red.jpg": RED}, "it has none"),
        ({".feed.csv": FEED, "__MACOSX/feed.csv": FEED}, "it has none"),
        ({"a.csv": bytes(2000)}, "larger than"),
        ({f"{n}.jpg": b"" for n in range(6)}, "at most 5"),
    ],
)
def test_other_archives_are_refused(pack, monkeypatch, files, message):
    monkeypatch.setattr(zip_files, "MAX_FEED_BYTES", 1000)
    monkeypatch.setattr(zip_files, "MAX_ENTRIES", 5)
    with pytest.raises(FeedRefused, match=message), unpacked(pack(files)):
        pass


def test_a_damaged_archive_is_refused(pack):
    path = pack({"feed.csv": FEED * 100, "red.jpg": RED})
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(FeedRefused, match="Pack it again"), unpacked(path):
        pass


@pytest.mark.django_db
def test_the_command_names_what_is_wrong_with_an_archive(pack):
    with pytest.raises(CommandError, match="one feed"):
        import_zip(pack({"red.jpg": RED}))
    assert not Product.objects.exists()


def test_names_of_macos_are_read_as_utf_8(pack):
    path = pack({"feed.csv": FEED, "Gr--n.jpg": RED})
    path.write_bytes(path.read_bytes().replace(b"Gr--n", "Grün".encode()))
    assert find(path, "grün.jpg") == RED
