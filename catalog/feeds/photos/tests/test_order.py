"""The photos of products after an import."""

import os

import pytest
from django.core.management import CommandError

from catalog.feeds.tests.feed_folder import COAT, HAT, colours, product
from catalog.models import FeedPhoto, Product, ProductImage
from catalog.photos.store import add_photo
from catalog.tests.factories import make_photo_bytes, make_product
from catalog.tests.photo_server import photo_server

pytestmark = pytest.mark.django_db


def test_photos_are_added_removed_and_kept_in_order(shop, media):
    shop.feed(HAT)
    blue, lime = product("A2").images.order_by("position")
    output = shop.feed("A2,Hat,Hats,5.00 EUR,gold.jpg,blue.jpg")
    assert "1 updated, 0 unchanged; 1 photos added, 1 removed" in output
    gold, kept = product("A2").images.order_by("position")
    assert (kept.pk, kept.position, gold.position) == (blue.pk, 1, 0)
    shop.feed("A2,Hat,Hats,5.00 EUR,blue.jpg,gold.jpg")
    assert [i.pk for i in product("A2").images.all()] == [blue.pk, gold.pk]
    assert not ProductImage.objects.filter(pk=lime.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_the_file_of_a_removed_photo_is_deleted(shop, media):
    shop.feed(HAT)
    names = [image.file.name for image in product("A2").images.all()]
    shop.feed("A2,Hat,Hats,5.00 EUR,blue.jpg,")
    assert [(media / name).exists() for name in names] == [True, False]


def test_a_photo_of_the_same_pixels_is_not_stored_again(shop, embed, prepared):
    shop.photo("plain.png", "red", format="PNG")
    shop.feed("A1,Coat,Coats,1,plain.png,")
    embed()
    before = list(ProductImage.objects.values())
    shop.photo("copy.png", "red", format="PNG")
    os.utime(shop.folder / "plain.png", (1, 1))  # copied anew, the same inside
    output = shop.feed("A1,Coat,Coats,1,plain.png,copy.png")
    assert "1 unchanged; 0 photos added, 0 removed" in output
    assert list(ProductImage.objects.values()) == before
    assert ProductImage.objects.get().embeddings.count() == 1
    assert FeedPhoto.objects.count() == 2
    prepared.clear()
    shop.run()
    assert prepared == []
    shop.feed("A1,Coat,Coats,1,copy.png,")
    assert list(ProductImage.objects.values()) == before


def test_a_changed_file_replaces_its_photo(shop):
    shop.feed(COAT)
    [old] = product("A1").images.all()
    shop.photo("red.jpg", "navy")
    output = shop.run()
    assert "1 updated, 0 unchanged; 1 photos added, 1 removed" in output
    [new] = product("A1").images.all()
    assert (new.colours, new.pk == old.pk) == (["navy"], False)


def test_photos_added_by_hand_stay_behind_the_feeds(shop):
    made = make_product(sku="A1", title="Coat", photo=make_photo_bytes("navy"))
    shop.feed(COAT)
    assert colours("A1") == ["red", "navy"]
    add_photo(product=made, data=make_photo_bytes("hotpink"))
    shop.feed("A1,Coat,Coats,19.90,gold.jpg,lime.jpg")
    assert colours("A1") == ["yellow", "green", "navy", "pink"]


def test_a_photo_of_several_products_is_read_once(shop, prepared):
    shop.feed(*[f"A{n},Coat,Coats,1,red.jpg," for n in range(20)])
    assert len(prepared) == 1
    assert ProductImage.objects.count() == 20


def test_a_known_product_keeps_an_unreadable_photo(shop):
    shop.feed(HAT)
    (shop.folder / "blue.jpg").unlink()
    output = shop.feed(HAT.replace("5.00", "6.00"))
    assert "1 updated, 0 unchanged; 0 photos added, 0 removed" in output
    assert "1 photos failed" in output
    assert (colours("A2"), product("A2").price_cents) == (["navy", "green"], 600)


def test_an_unreadable_photo_removes_no_other(shop):
    shop.feed(HAT)
    output = shop.feed("A2,Hat,Hats,5.00 EUR,none.jpg,gold.jpg")
    assert "1 photos added, 0 removed" in output
    assert colours("A2") == ["yellow", "navy", "green"]
    shop.photo("none.jpg", "red")
    assert "1 photos added, 2 removed" in shop.run()
    assert colours("A2") == ["red", "yellow"]


def test_a_changed_photo_is_replaced_beside_an_unreadable_one(shop):
    shop.feed(HAT)
    shop.photo("blue.jpg", "gold")
    (shop.folder / "lime.jpg").unlink()
    assert "1 photos added, 1 removed" in shop.run()
    assert colours("A2") == ["yellow", "green"]


def test_a_new_product_without_readable_photos_is_skipped(shop):
    with pytest.raises(CommandError, match="No rows were imported"):
        shop.feed("A1,Coat,Coats,1,none.jpg,../x.jpg")
    assert "none.jpg" in shop.err.getvalue()
    assert not Product.objects.exists()


def test_photos_from_the_web_are_downloaded_once(shop):
    with photo_server() as server:
        server.files = {"/a.jpg": make_photo_bytes("red")}
        row = f"A1,Coat,Coats,1,{server.url}/a.jpg,{server.url}/none.jpg"
        assert "1 photos added" in shop.feed(row, allow_private=True)
        assert (
            f"Row 2 (A1): additional_image_link '{server.url}/none.jpg'"
            in shop.err.getvalue()
        )
        assert "404" in shop.err.getvalue()
        server.answers.clear()
        output = shop.feed(row.replace("none", "a"), allow_private=True)
        assert "1 unchanged; 0 photos added" in output
        assert server.answers == [("/a.jpg", 304)]
        shop.run(trust_links=True)
        assert len(server.answers) == 1


def test_private_addresses_are_refused_by_default(shop):
    with photo_server() as server:
        server.files = {"/a.jpg": make_photo_bytes("red")}
        shop.feed(f"A1,Coat,Coats,1,red.jpg,{server.url}/a.jpg")
        assert not server.answers
    assert colours("A1") == ["red"]


def test_the_photos_option_names_another_folder(shop, tmp_path):
    (tmp_path / "photos").mkdir()
    (shop.folder / "gold.jpg").rename(tmp_path / "photos" / "gold.jpg")
    shop.feed("A1,Coat,Coats,1,gold.jpg,", photos=tmp_path / "photos")
    assert colours("A1") == ["yellow"]
