import json
import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from catalog import tasks
from catalog.feeds.tests.feed_folder import COAT, HAT, FeedFolder, product
from catalog.photos import thumbnails
from catalog.photos.check import check_media
from catalog.tests.factories import lose_files, make_photo_bytes, make_product
from catalog.tests.photo_server import photo_server

pytestmark = pytest.mark.django_db

LONG_AGO = 1_700_000_000


def spare_file(media: Path, name: str, *, old: bool = True) -> Path:
    path = media / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left")
    if old:
        os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def command(**options) -> str:
    out = StringIO()
    call_command("check_media", stdout=out, **options)
    return out.getvalue()


def test_a_whole_shop_has_nothing_to_repair(media):
    photo = make_product(photo=True).images.get()
    thumbnails.draw(photo.card.name)
    before = sorted(media.rglob("*"))
    assert "1 photos, 0 without a file; 0 files" in command(repair=True)
    assert sorted(media.rglob("*")) == before


def test_an_empty_shop_without_a_folder_is_fine():
    assert check_media(repair=True).photos == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("products/ab/" + "a" * 32 + ".jpg", "orphaned"),
        ("products/ab/" + "a" * 32 + ".jpg.x7Y2.part", "partial"),
        ("thumbnails/products/ab/" + "a" * 32 + "/480.webp", "thumbnails"),
        ("thumbnails/products/ab/" + "a" * 32 + "/480.webp.x.part", "partial"),
    ],
)
def test_spare_files_are_listed_and_deleted(media, name, kind):
    make_product(photo=True)
    spare, new = spare_file(media, name), spare_file(media, f"{name}2", old=False)
    assert getattr(check_media(), kind) == [name]
    assert name in command() and spare.exists()
    assert json.loads(command(repair=True, json=True))[kind] == 1
    assert not spare.exists() and new.exists()


def test_a_half_written_thumbnail_beside_a_photo_is_deleted(media):
    photo = make_product(photo=True).images.get()
    part = spare_file(media, f"{photo.card.name}.Ab3.part")
    other = spare_file(media, f"{photo.card.name[:-8]}481.webp")
    assert check_media(repair=True).partial == [str(part.relative_to(media))]
    assert not part.exists() and not other.exists()


def test_thumbnails_of_a_deleted_photo_go_with_it(media):
    photo = make_product(photo=True).images.get()
    thumbnails.draw(photo.card.name)
    photo.delete()  # the signal waits for the commit
    for path in media.rglob("*.*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    check_media(repair=True)
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_missing_file_is_reported():
    lost = make_product(photo=True, sku="LOST")
    lose_files(lost)
    out = StringIO()
    with pytest.raises(CommandError, match="1 photos have no file"):
        call_command("check_media", stdout=out)
    assert "LOST" in out.getvalue()


def test_a_missing_file_is_copied_from_a_photo_of_the_same_pixels(media):
    data = make_photo_bytes("teal")
    lost, twin = (make_product(photo=data) for _ in range(2))
    lose_files(lost)
    assert "1 missing files are copied" in command(repair=True)
    assert lost.images.get().file.read() == twin.images.get().file.read()
    assert check_media().missing == []


def test_a_missing_file_comes_with_the_next_import(tmp_path, media):
    shop = FeedFolder(tmp_path)
    shop.feed(COAT, HAT)
    coat = product("A1").images.get()
    lose_files(product("A1"))
    assert "1 missing files come with the next import" in command(repair=True)
    shop.run()
    restored = product("A1").images.get()
    assert restored.pk == coat.pk
    assert Image.open(restored.file).size == (90, 120)
    assert check_media().missing == []


def test_the_weekly_task_repairs(media):
    spare = spare_file(media, "products/ab/spare.jpg")
    tasks.repair_media()
    assert not spare.exists()


def test_a_lost_photo_is_read_again_even_where_links_are_trusted(tmp_path):
    shop = FeedFolder(tmp_path)
    with photo_server() as server:
        server.files = {"/a.jpg": make_photo_bytes("red")}
        shop.feed(f"A1,Coat,Coats,1,{server.url}/a.jpg,", allow_private=True)
        lose_files(product("A1"))
        assert len(check_media(repair=True).awaited) == 1
        shop.run(allow_private=True, trust_links=True)
    assert check_media().missing == []
