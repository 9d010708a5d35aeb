"""Product feeds from file to shop, by the command."""

import csv
import errno
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import StringIO
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from catalog.feeds import photos, run, store
from catalog.models import Category, FeedPhoto, Product, ProductImage, ProductWords
from catalog.photos.store import add_photo
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from catalog.tests.photo_server import photo_server

pytestmark = pytest.mark.django_db

HEAD = "id,title,product_type,price,image_link,additional_image_link"
COAT = "A1,Coat,Outwear > Coats,19.90 EUR,red.jpg,"
HAT = "A2,Hat,Hats,5.00 EUR,blue.jpg,lime.jpg"
FILES = ("red", "blue", "lime", "gold")


class Shop:
    """A feed's folder, and what the command says of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "spring.csv"
        for colour in FILES:
            self.photo(f"{colour}.jpg", colour)

    def photo(self, name: str, colour: str, format: str = "JPEG") -> None:
        data = make_photo_bytes(colour, format=format)
        (self.folder / name).write_bytes(data)

    def feed(self, *rows: str, head: str = HEAD, **options) -> str:
        self.path.write_text("\n".join([head, *rows, ""]))
        return self.run(**options)

    def run(self, **options) -> str:
        self.out, self.err = StringIO(), StringIO()
        call_command(
            "import_feed", self.path, stdout=self.out, stderr=self.err, **options
        )
        return self.out.getvalue()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    folder = tmp_path / "feed"
    folder.mkdir()
    return Shop(folder)


def product(sku: str) -> Product:
    return Product.objects.get(sku=sku)


def colours(sku: str) -> list[str]:
    """The main colour of each photo, in order."""
    return [image.colours[0] for image in product(sku).images.order_by("position")]


@pytest.fixture
def prepared(monkeypatch) -> list[int]:
    """One for each photo that was decoded."""
    done: list[int] = []
    prepare = photos.prepare_photo

    def counting(data: bytes):
        done.append(len(data))
        return prepare(data)

    monkeypatch.setattr(photos, "prepare_photo", counting)
    return done


def test_a_feed_becomes_products_with_photos(shop, media):
    said = shop.feed(COAT, HAT)
    assert "2 products created, 0 updated, 0 unchanged; 3 photos added" in said
    assert "within a minute" in said
    coat = product("A1")
    assert (coat.title, coat.price_display, coat.slug) == (
        *("Coat", "19.90 EUR", "coat-a1"),
    )
    assert (coat.category.name, coat.category.slug) == ("Coats", "coats")
    assert coat.status == Product.Status.PUBLISHED
    assert colours("A2") == ["navy", "green"]
    for image in ProductImage.objects.all():
        assert (media / image.file.name).exists()
        assert (image.width, image.height, len(image.sha256)) == (90, 120, 64)
        assert image.alt_text in ("Coat", "Hat")
        assert image.picture_hash and image.picture_tint


def test_words_find_what_a_feed_brought_and_changed(shop, client):
    shop.feed(COAT)
    assert "Coat" in client.get("/?q=coats").text
    shop.feed(COAT.replace("Coat,", "Anorak,", 1))
    assert "Anorak" in client.get("/?q=anorak").text
    assert "anorak" in str(ProductWords.objects.get().document)


def test_an_unchanged_feed_changes_nothing_and_decodes_nothing(shop, prepared):
    shop.feed(COAT, HAT)
    before = list(Product.objects.order_by("id").values())
    rows = list(ProductImage.objects.order_by("id").values())
    prepared.clear()
    said = shop.run()
    assert "0 updated, 2 unchanged; 0 photos added, 0 removed" in said
    assert list(Product.objects.order_by("id").values()) == before
    assert list(ProductImage.objects.order_by("id").values()) == rows
    assert prepared == []


def test_what_differs_is_updated_and_when_is_noted(shop):
    shop.feed(COAT, HAT)
    hat, started = product("A2"), timezone.now()
    said = shop.feed(COAT.replace("19.90", "17.90").replace("Coats", "Jackets"), HAT)
    assert "0 products created, 1 updated, 1 unchanged" in said
    coat = product("A1")
    assert (coat.price_cents, coat.category.name) == (1790, "Jackets")
    assert coat.updated > started > hat.updated
    assert product("A2").updated == hat.updated
    assert coat.slug == "coat-a1"  # its address stays


def test_what_a_feed_has_no_column_for_stays(shop):
    made = make_product(sku="A1", description="By hand", stock=7, photo=True)
    said = shop.feed("A1,17.90", head="id,price")
    assert "1 updated" in said
    made.refresh_from_db()
    assert (made.price_cents, made.description, made.stock) == (1790, "By hand", 7)
    assert (made.category.slug, made.images.count()) == ("dress", 1)


def test_an_empty_cell_empties_texts_and_leaves_the_rest(shop):
    make_product(sku="A1", title="Coat", description="x", stock=7, photo=True)
    head = "id,title,description,brand,product_type,image_link,quantity,availability"
    shop.feed("A1,Coat,,,,,,", head=head)
    coat = product("A1")
    assert (coat.description, coat.brand) == ("", "")
    assert (coat.stock, coat.category.slug, coat.images.count()) == (7, "dress", 1)


def test_photos_are_added_removed_and_kept_in_order(shop, media):
    shop.feed(HAT)
    blue, lime = product("A2").images.order_by("position")
    said = shop.feed("A2,Hat,Hats,5.00 EUR,gold.jpg,blue.jpg")
    assert "1 updated, 0 unchanged; 1 photos added, 1 removed" in said
    gold, kept = product("A2").images.order_by("position")
    assert (kept.pk, kept.position, gold.position) == (blue.pk, 1, 0)
    shop.feed("A2,Hat,Hats,5.00 EUR,blue.jpg,gold.jpg")
    assert [i.pk for i in product("A2").images.all()] == [blue.pk, gold.pk]
    assert not ProductImage.objects.filter(pk=lime.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_the_file_of_a_removed_photo_goes(shop, media):
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
    said = shop.feed("A1,Coat,Coats,1,plain.png,copy.png")
    assert "1 unchanged; 0 photos added, 0 removed" in said
    assert list(ProductImage.objects.values()) == before
    assert ProductImage.objects.get().embeddings.count() == 1
    assert FeedPhoto.objects.count() == 2
    prepared.clear()
    shop.run()
    assert prepared == []
    shop.feed("A1,Coat,Coats,1,copy.png,")
    assert list(ProductImage.objects.values()) == before


def test_a_photo_that_changed_under_its_name_is_replaced(shop):
    shop.feed(COAT)
    [old] = product("A1").images.all()
    shop.photo("red.jpg", "navy")
    said = shop.run()
    assert "1 updated, 0 unchanged; 1 photos added, 1 removed" in said
    [new] = product("A1").images.all()
    assert (new.colours, new.pk == old.pk) == (["navy"], False)


def test_photos_added_by_hand_stay_behind_the_feeds(shop):
    made = make_product(sku="A1", title="Coat", photo=make_photo_bytes("navy"))
    shop.feed(COAT)
    assert colours("A1") == ["red", "navy"]
    add_photo(product=made, data=make_photo_bytes("hotpink"))
    shop.feed("A1,Coat,Coats,19.90,gold.jpg,lime.jpg")
    assert colours("A1") == ["yellow", "green", "navy", "pink"]


def test_one_photo_for_several_sizes_is_read_once(shop, prepared):
    shop.feed(*[f"A{n},Coat,Coats,1,red.jpg," for n in range(20)])
    assert len(prepared) == 1
    assert ProductImage.objects.count() == 20


def test_titles_of_any_script_have_addresses_of_their_own(shop, client):
    rows = ("A1,コート,コート,1,,", "a1,コート,コート,1,,", "A.1,Пальто,Обувь > Ü,1,,")
    shop.feed(*rows, "A-1,Gömlek,Gömlek,1,,", f"B,{'long ' * 32},Coats,1,,")
    slugs = Product.objects.order_by("id").values_list("slug", flat=True)
    assert slugs[0] == "a1"
    assert len(set(slugs)) == 5
    for slug in slugs:
        assert client.get(f"/products/{slug}/").status_code == 200
    names = sorted(Category.objects.values_list("name", flat=True))
    assert names == ["Coats", "Gömlek", "Ü", "コート"]


def test_a_category_that_is_there_is_used(shop):
    dresses = make_category()
    shop.feed("A1,Dress,Apparel > DRESSES,1,,", "A2,Dress,dress,1,,")
    assert set(Category.objects.all()) == {dresses}


def test_a_category_may_be_given_for_new_products_without_one(shop):
    make_product(sku="A1")
    shop.feed("A1,Coat,,1,,", "A2,Coat,,1,,", category="Sale")
    assert product("A1").category.slug == "dress"
    assert product("A2").category.name == "Sale"


@pytest.mark.parametrize("currency", ["try", "TRY"])
def test_prices_are_of_the_currency_given(shop, currency):
    shop.feed('A1,Coat,Coats,"19,90",,', "A2,Hat,Hats,5 USD,,", currency=currency)
    assert product("A1").price_display == "19.90 TRY"
    assert product("A2").currency == "USD"


def test_rows_that_are_wrong_are_named_and_the_rest_goes_in(shop, tmp_path):
    errors = tmp_path / "errors.csv"
    rows = [
        *(",No id,Coats,1,,", "B 1,Bad id,Coats,1,,", "B2,,Coats,x,,"),
        *("B3,too few", "A1,Twice,Coats,1,,", "B4,New,,1,,", "B5,NUL\0,Coats,1,,"),
        *("B6,No photo,Coats,1,none.jpg,", HAT.replace("lime.jpg", "../x.jpg")),
    ]
    said = shop.feed(COAT, *rows, errors=errors)
    assert "2 products created" in said
    assert "8 rows skipped, 2 photos failed." in said
    with errors.open(encoding="utf-8-sig", newline="") as file:
        told = [(r["row"], r["sku"], r["column"]) for r in csv.DictReader(file)]
    assert told == [
        *(("3", "", "id"), ("4", "B 1", "id")),
        *(("5", "B2", "title"), ("5", "B2", "price"), ("6", "", "")),
        *(("7", "A1", "id"), ("8", "B4", "product_type"), ("9", "B5", "title")),
        *(("10", "B6", "image_link"), ("11", "A2", "additional_image_link")),
    ]
    err = shop.err.getvalue()
    assert "Row 5 (B2): price 'x': expected a price as 19.90 EUR" in err
    assert "row 2 has this id" in err
    assert colours("A2") == ["navy"]


def test_an_id_is_told_twice_over_batches_too(shop, monkeypatch):
    monkeypatch.setattr(run, "BATCH_ROWS", 2)
    rows = [f"A{n % 4},Coat,Coats,{n},," for n in range(6)]
    said = shop.feed(*rows)
    assert "4 products created" in said and "2 rows skipped" in said
    assert "Row 6 (A0): id 'A0': expected one row for each product; row 2 has this id"
    assert product("A0").price_cents == 0  # the first


def test_the_first_of_many_problems_are_shown(shop):
    shop.feed(COAT, *[f"B{n},,Coats,1,," for n in range(25)])
    lines = shop.err.getvalue().splitlines()
    assert len(lines) == 21
    assert (
        lines[-1]
        == "There are 5 more problems. Pass --errors FILE.csv to write all of them."
    )


def test_a_known_product_keeps_a_photo_that_cannot_be_read_now(shop):
    shop.feed(HAT)
    (shop.folder / "blue.jpg").unlink()
    said = shop.feed(HAT.replace("5.00", "6.00"))
    assert "1 updated, 0 unchanged; 0 photos added, 0 removed" in said
    assert "1 photos failed" in said
    assert (colours("A2"), product("A2").price_cents) == (["navy", "green"], 600)


def test_nothing_is_taken_away_for_a_photo_that_cannot_be_read(shop):
    shop.feed(HAT)
    said = shop.feed("A2,Hat,Hats,5.00 EUR,none.jpg,gold.jpg")
    assert "1 photos added, 0 removed" in said
    assert colours("A2") == ["yellow", "navy", "green"]
    shop.photo("none.jpg", "red")
    assert "1 photos added, 2 removed" in shop.run()
    assert colours("A2") == ["red", "yellow"]


def test_a_photo_that_changed_goes_even_beside_one_that_cannot_be_read(shop):
    shop.feed(HAT)
    shop.photo("blue.jpg", "gold")
    (shop.folder / "lime.jpg").unlink()
    assert "1 photos added, 1 removed" in shop.run()
    assert colours("A2") == ["yellow", "green"]


def test_a_new_product_without_any_photo_to_show_waits(shop):
    with pytest.raises(CommandError, match="No rows were imported"):
        shop.feed("A1,Coat,Coats,1,none.jpg,../x.jpg")
    assert "none.jpg" in shop.err.getvalue()
    assert not Product.objects.exists()


def test_a_dry_run_stores_nothing(shop, media):
    shop.feed(COAT, HAT)
    before = [list(model.objects.order_by("pk").values()) for model in MODELS]
    files = sorted(media.rglob("*.*"))
    rows = [COAT.replace("19.90", "9.90"), "A3,New,Shoes,1,gold.jpg,"]
    said = shop.feed(*rows, "A4,,,,,", dry_run=True, archive_missing=True)
    assert "1 products would be created, 1 would be updated, 0 unchanged" in said
    assert "1 photos would be added" in said
    assert "1 products would be archived" in said
    assert "1 rows skipped" in said
    assert [list(model.objects.order_by("pk").values()) for model in MODELS] == before
    assert sorted(media.rglob("*.*")) == files


MODELS = (Category, Product, ProductImage, ProductWords, FeedPhoto)


def test_products_gone_from_the_feed_are_archived_and_come_back(shop):
    make_product(sku="by-hand", title="By hand")
    boots = "A3,Boots,Shoes,9.00,,"
    shop.feed(COAT, HAT, boots, "by-hand,Coat,Coats,1,,")
    started = timezone.now()
    assert "1 products archived" in shop.feed(COAT, HAT, archive_missing=True)
    assert product("A3").status == Product.Status.ARCHIVED
    assert product("A3").updated > started
    assert product("by-hand").status == Product.Status.PUBLISHED
    assert "0 products archived" in shop.run(archive_missing=True)
    said = shop.feed(COAT, HAT, boots)
    assert "1 updated, 2 unchanged" in said
    assert "1 products are back and published again" in said
    assert product("A3").status == Product.Status.PUBLISHED


def test_what_was_archived_or_published_by_hand_is_left_to_the_hand(shop):
    boots = "A3,Boots,Shoes,9.00,,"
    shop.feed(COAT, HAT, boots)
    Product.objects.filter(sku="A1").update(status="archived")
    shop.run()
    assert product("A1").status == Product.Status.ARCHIVED
    shop.feed(COAT, HAT, archive_missing=True, force=True)
    Product.objects.filter(sku="A3").update(status="published")
    shop.run(archive_missing=True, force=True)
    assert product("A3").status == Product.Status.PUBLISHED
    Product.objects.filter(sku="A3").update(status="draft")
    assert "are back" not in shop.feed(COAT, HAT, boots)
    assert product("A3").status == Product.Status.DRAFT


def test_a_feed_archives_what_is_its_own_only(shop):
    shop.feed(COAT, HAT, feed_name="coats")
    shop.feed(HAT, "A3,Boots,Shoes,9.00,,", feed_name="boots")
    shop.feed("A1,Coat,Coats,1,,", feed_name="coats", archive_missing=True)
    assert product("A2").status == Product.Status.PUBLISHED  # the other has it now


def test_a_row_that_is_wrong_still_names_its_product(shop):
    shop.feed(COAT, HAT, "A3,Boots,Shoes,9.00,,")
    shop.feed(COAT, HAT, "A3,Boots,Shoes,free,,", archive_missing=True)
    assert product("A3").status == Product.Status.PUBLISHED


def test_more_than_half_are_not_archived_without_force(shop):
    shop.feed(COAT, HAT, "A3,Boots,Shoes,9.00,,")
    with pytest.raises(CommandError, match=r"2 of the 3 products.*--force"):
        shop.feed(COAT.replace("19", "18"), archive_missing=True)
    assert not Product.objects.filter(status="archived").exists()
    assert product("A1").price_cents == 1890
    assert "2 products archived" in shop.run(archive_missing=True, force=True)


def test_rows_without_an_id_hold_archiving_up(shop):
    shop.feed(COAT, HAT, "A3,Boots,Shoes,9.00,,")
    with pytest.raises(CommandError, match=r"1 rows have no valid id.*the 1 products"):
        shop.feed(COAT, HAT, '"A3,Boots', archive_missing=True)
    assert not Product.objects.filter(status="archived").exists()


def test_photos_come_from_the_web_and_are_not_fetched_again(shop):
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
        said = shop.feed(row.replace("none", "a"), allow_private=True)
        assert "1 unchanged; 0 photos added" in said
        assert server.answers == [("/a.jpg", 304)]
        shop.run(trust_links=True)
        assert len(server.answers) == 1


def test_private_addresses_are_refused_by_themselves(shop):
    with photo_server() as server:
        server.files = {"/a.jpg": make_photo_bytes("red")}
        shop.feed(f"A1,Coat,Coats,1,red.jpg,{server.url}/a.jpg")
        assert not server.answers
    assert colours("A1") == ["red"]


def test_photos_may_lie_in_another_folder(shop, tmp_path):
    (tmp_path / "photos").mkdir()
    (shop.folder / "gold.jpg").rename(tmp_path / "photos" / "gold.jpg")
    shop.feed("A1,Coat,Coats,1,gold.jpg,", photos=tmp_path / "photos")
    assert colours("A1") == ["yellow"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"photos": Path("none")}, "no folder none"),
        ({"currency": "Euro"}, "--currency EURO"),
        ({"column": ["title"]}, "--column title is incomplete"),
        ({"feed_name": "x" * 81}, "at most 80 characters"),
        ({"category": "x" * 81}, "at most 80 characters"),
    ],
)
def test_options_that_cannot_be_are_told(shop, options, said):
    with pytest.raises(CommandError, match=said):
        shop.feed(COAT, **options)
    assert not Product.objects.exists()


def test_the_errors_do_not_overwrite_the_feed(shop):
    with pytest.raises(CommandError, match="is the feed itself"):
        shop.feed(COAT, errors=shop.folder / "." / "spring.csv")
    assert "Coat" in shop.path.read_text()


def test_headings_not_used_are_told_and_others_named(shop):
    head = "sku,Bezeichnung,category,price,gtin"
    said = shop.feed("A1,Mütze,Hats,1,4", head=head, column=["title=bezeichnung"])
    assert "Columns not used: gtin." in said
    assert product("A1").title == "Mütze"


def test_a_feed_in_xml_goes_the_same_way(shop):
    shop.path = shop.folder / "feed.xml"
    shop.path.write_text(
        '<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>A1</g:id>'
        "<title>Coat</title><g:price>19.90 EUR</g:price><g:product_type>Coats"
        "</g:product_type><g:image_link>red.jpg</g:image_link></item></channel></rss>"
    )
    assert "1 products created" in shop.run()
    assert (product("A1").price_cents, colours("A1")) == (1990, ["red"])


def test_no_feed_ends_the_command_in_a_sentence(shop):
    with pytest.raises(CommandError, match="There is no file"):
        shop.run()


def test_a_full_disk_ends_the_command_in_a_sentence(shop, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run, "BATCH_ROWS", 1)
    save = default_storage._save
    saved: list[str] = []

    def second_is_full(name, content):
        saved.append(name)
        return save(name, content) if len(saved) == 1 else full()

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "_save", second_is_full)
        with pytest.raises(CommandError, match=r"No space left.*same command again"):
            shop.feed(COAT, HAT)
    assert [p.sku for p in Product.objects.all()] == ["A1"]
    assert "1 products created, 0 updated, 1 unchanged" in shop.run()


def test_queries_go_by_batches_not_by_products(shop, django_assert_max_num_queries):
    rows = [f"A{n},Coat {n},Coats,1,red.jpg," for n in range(60)]
    with django_assert_max_num_queries(40):
        shop.feed(*rows)
    with django_assert_max_num_queries(25):
        shop.run()


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_each_product_once(shop, monkeypatch):
    """Neither goes on to store before the other has looked what is known, if it may."""
    looked, category = Barrier(2), store.category_of

    def waits(name: str) -> Category:
        with suppress(BrokenBarrierError):  # the other is held up: as it should be
            looked.wait(timeout=0.5)
        return category(name)

    def run(_: int) -> None:
        try:
            call_command("import_feed", shop.path, stdout=StringIO())
        finally:
            connection.close()

    monkeypatch.setattr(store, "category_of", waits)
    shop.path.write_text("\n".join([HEAD, COAT, HAT, ""]))
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(run, range(2)))
    assert (Product.objects.count(), ProductImage.objects.count()) == (2, 3)
    assert FeedPhoto.objects.count() == 3
