"""A shop goes into a backup and comes back, by a role that is no superuser."""

import errno
import json
import os
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command

from catalog.models import Product, ProductImage
from fashionlens.postgres.tests.databases import Database, ordinary_database
from search.index.embed import embed_due
from search.index.encoders import active_encoder
from search.models import Encoder
from search.tests.shop import make_shop

NEAREST = """
SELECT p.sku,
    e.vector <=> (SELECT vector FROM search_embedding ORDER BY image_id LIMIT 1)
FROM search_embedding e JOIN catalog_productimage i ON i.id = e.image_id
JOIN catalog_product p ON p.id = i.product_id ORDER BY 2, 1
"""
pytestmark = pytest.mark.django_db(transaction=True)


def nearest(url: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(NEAREST).fetchall()


def manage(database: Database, *arguments: str, media: Path) -> str:
    done = database.manage(*arguments, MEDIA_ROOT=str(media))
    assert done.returncode == 0, done.stderr
    return done.stdout


# Several processes, since a role is one of a whole process: over two seconds.
def test_an_ordinary_role_restores_what_it_saved(tmp_path, media):
    make_shop(lambda: embed_due(encoder=active_encoder()))
    call_command("backup", str(tmp_path / "first"))
    with (
        ordinary_database("one", "vector", "pg_trgm") as one,
        ordinary_database("two", "vector", "pg_trgm") as two,
    ):
        manage(one, "restore", str(tmp_path / "first"), media=tmp_path / "one")
        manage(one, "backup", str(tmp_path / "second"), media=tmp_path / "one")
        manage(two, "restore", str(tmp_path / "second"), media=tmp_path / "two")
        assert len(nearest(one.url)) == 4
        assert nearest(one.url) == nearest(two.url)
        refused = two.manage("restore", str(tmp_path / "second"))
    assert "database is not empty" in refused.stderr
    for name in ProductImage.objects.values_list("file", flat=True):
        restored = tmp_path / "two" / name
        assert restored.read_bytes() == (media / name).read_bytes()


def test_a_second_backup_copies_only_new_photos(tmp_path, capsys):
    make_shop(lambda: None)
    call_command("backup", str(tmp_path))
    call_command("backup", str(tmp_path))
    first, second = capsys.readouterr().out.splitlines()
    assert "4 photos (4 of them new)" in first
    assert "4 photos (0 of them new)" in second


def test_a_photo_without_file_is_named_and_the_rest_is_saved(tmp_path, media, capsys):
    make_shop(lambda: None)
    lost = Product.objects.get(sku="red").images.get().file.name
    (media / lost).unlink()
    call_command("backup", str(tmp_path))
    written = capsys.readouterr()
    assert lost in written.err
    assert "3 photos" in written.out


def test_an_encoder_without_files_is_named_and_not_counted(tmp_path, capsys):
    Encoder.objects.update(folder="nowhere")
    call_command("backup", str(tmp_path))
    written = capsys.readouterr()
    assert active_encoder().version in written.err
    assert "0 encoders" in written.out


def test_a_backup_that_is_not_whole_is_refused(tmp_path):
    with pytest.raises(CommandError, match="no complete backup"):
        call_command("restore", str(tmp_path))
    call_command("backup", str(tmp_path))
    dump = tmp_path / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-1])
    with pytest.raises(CommandError, match="not the file that was saved"):
        call_command("restore", str(tmp_path))


def test_a_full_disk_leaves_the_backup_before(tmp_path, monkeypatch):
    make_shop(lambda: None)
    call_command("backup", str(tmp_path))
    before = (tmp_path / "backup.json").read_bytes()

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("fashionlens.backup.dump.save", refuse)
    with pytest.raises(CommandError, match=r"No backup was made: .*No space left"):
        call_command("backup", str(tmp_path))
    assert (tmp_path / "backup.json").read_bytes() == before


def test_a_database_that_is_not_empty_is_refused(tmp_path):
    call_command("backup", str(tmp_path))
    assert json.loads((tmp_path / "backup.json").read_text())["rows"]
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(tmp_path))
