import errno
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.files.base import ContentFile

from catalog.photos.storage import AtomicFileSystemStorage, StorageFull

CONTENT = b"photo" * 1000


def refuse_links(*paths):
    raise OSError("Operation not supported")


@pytest.fixture(params=["with hard links", "without hard links"])
def storage(request, tmp_path, monkeypatch):
    if request.param == "without hard links":
        monkeypatch.setattr(os, "link", refuse_links)
    return AtomicFileSystemStorage(tmp_path)


def test_a_file_appears_only_when_it_is_whole(storage, tmp_path):
    class Watched(ContentFile):
        def chunks(self, chunk_size=None):
            for start in range(0, len(CONTENT), 1000):
                assert not storage.exists("a/b.jpg")
                yield CONTENT[start : start + 1000]

    assert storage.save("a/b.jpg", Watched(CONTENT)) == "a/b.jpg"
    assert storage.open("a/b.jpg").read() == CONTENT
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.jpg"]


def test_a_taken_name_is_not_overwritten(storage):
    first = storage.save("b.jpg", ContentFile(b"first"))
    second = storage.save("b.jpg", ContentFile(b"second"))
    assert first != second
    assert storage.open(first).read() == b"first"
    assert storage.open(second).read() == b"second"


def test_a_failed_write_leaves_nothing(storage, tmp_path):
    class Broken(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"half"
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        storage.save("b.jpg", Broken(b""))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named(storage, tmp_path):
    class TooLarge(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"half"
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFull, match=r"MEDIA_ROOT.*Make room"):
        storage.save("a/b.jpg", TooLarge(b""))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_two_writers_of_one_name_get_a_file_each(tmp_path, monkeypatch):
    storage = AtomicFileSystemStorage(tmp_path)
    both_written, link = Barrier(2), os.link

    def link_together(*paths):
        if not (tmp_path / "b.jpg").exists():
            both_written.wait(timeout=30)
        link(*paths)

    monkeypatch.setattr(os, "link", link_together)
    with ThreadPoolExecutor(2) as threads:
        names = threads.map(
            lambda text: storage.save("b.jpg", ContentFile(text)), [b"1", b"2"]
        )
        contents = {storage.open(name).read() for name in names}
    assert contents == {b"1", b"2"}
