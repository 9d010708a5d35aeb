import errno
import os
import tracemalloc
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from PIL import Image

from catalog.models import Category, Product, ProductImage
from catalog.photos.colours import garment_colours as photo_colours
from catalog.tests.factories import make_photo_bytes
from fashionlens.demo import drafts
from fashionlens.demo.class_folders import ImportFolderError, find_photos, import_photos
from fashionlens.demo.sample import garment
from ml.preprocess import MAX_BYTES

pytestmark = pytest.mark.django_db

COLOURS = ["red", "lime", "blue", "gold", "teal", "pink"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two dresses, one with two photos, and three t-shirts."""
    names = ["dress/a.jpg", "dress/a-2.jpg", "dress/b.png"]
    names += [f"t-shirt/{n}.jpg" for n in "xyz"]
    for name, colour in zip(names, COLOURS, strict=True):
        write(tmp_path / "photos" / name, colour)
    return tmp_path / "photos"


def write(path: Path, colour: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    format = "PNG" if path.suffix == ".png" else "JPEG"
    path.write_bytes(make_photo_bytes(colour, format=format))


def test_class_folders_become_products_with_their_photos(folder, media):
    report = import_photos(folder)
    assert (report.products, report.photos, report.skipped) == (5, 6, [])
    assert sorted(c.name for c in Category.objects.all()) == ["Dresses", "T-shirts"]
    counts = [p.images.count() for p in Product.objects.order_by("id")]
    assert sorted(counts) == [1, 1, 1, 1, 2]
    for image in ProductImage.objects.all():
        assert (image.width, image.height) == (90, 120)
        assert (media / image.file.name).exists()
        assert len(image.sha256) == 64


def test_products_have_sizes_that_hold_their_stock(folder):
    import_photos(folder)
    for product in Product.objects.all():
        sizes = list(product.variants.all())
        assert [each.size for each in sizes] == ["XS", "S", "M", "L", "XL"]
        assert product.stock == sum(each.quantity or 0 for each in sizes)
        assert product.sizes == [each.size for each in sizes if each.quantity]


def test_garments_of_a_drawn_style_are_one_group(tmp_path, media):
    names = ("09-high-top-black", "03-high-top-red", "04-loafer-x", "02-runner-gold")
    for number, name in enumerate(names):
        write(tmp_path / f"shoes/{name}.jpg", COLOURS[number])
    import_photos(tmp_path)
    groups = Product.objects.values_list("group", flat=True)
    assert sorted(groups) == ["", "", "shoes-high-top", "shoes-high-top"]


def test_categories_take_turns(folder):
    import_photos(folder)
    slugs = Product.objects.order_by("id").values_list("category__slug", flat=True)
    assert list(slugs) == ["dress", "t-shirt", "dress", "t-shirt", "t-shirt"]


def test_texts_name_the_colour_of_the_garment(tmp_path):
    """A garment in a corner: most of the photo has another colour."""
    picture = Image.new("RGB", (400, 400), (110, 30, 48))
    picture.paste(garment("t-shirt", colour="white", size=(150, 200)), (10, 10))
    assert "white" not in photo_colours(picture)
    (tmp_path / "t-shirt").mkdir()
    picture.save(tmp_path / "t-shirt" / "a.jpg")
    import_photos(tmp_path)
    product = Product.objects.get()
    assert "white" in product.title.lower()
    assert product.description
    assert product.price_cents > 0


def test_second_photos_are_recognised_with_capital_suffixes(tmp_path):
    for name, colour in (("A.JPG", "red"), ("A-2.JPG", "lime"), ("b.JPEG", "blue")):
        write(tmp_path / "dress" / name, colour)
    report = import_photos(tmp_path)
    assert (report.products, report.photos) == (2, 3)


def test_importing_again_adds_new_photos_only(folder):
    import_photos(folder)
    write(folder / "shoes" / "new.jpg", "navy")
    report = import_photos(folder)
    assert (report.products, report.existing) == (1, 5)
    assert ProductImage.objects.count() == 7


def test_the_same_photo_under_two_names_is_one_product(folder):
    write(folder / "dress" / "copy.png", "blue")
    assert import_photos(folder).products == 5


def test_unreadable_photos_are_skipped_and_reported(folder):
    (folder / "dress" / "broken.jpg").write_bytes(make_photo_bytes()[:300])
    (folder / "dress" / "empty.jpg").touch()
    (folder / "dress" / "notes.txt").write_text("not a photo")
    report = import_photos(folder)
    assert report.products == 5
    assert [path.name for path, _ in report.skipped] == ["broken.jpg", "empty.jpg"]


def test_a_huge_file_is_refused_without_reading_it_all(folder):
    with (folder / "dress" / "film.jpg").open("wb") as file:
        file.truncate(60 * MAX_BYTES)  # a sparse file
    tracemalloc.start()
    [(path, reason)] = import_photos(folder).skipped
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (path.name, "10 MB" in reason) == ("film.jpg", True)
    assert peak < 10 * MAX_BYTES


def test_folders_in_turkish_become_categories(tmp_path):
    write(tmp_path / "Gömlek & Bluz" / "ş ğ.jpg", "red")
    import_photos(tmp_path)
    category = Category.objects.get()
    assert category.name == "Gömlek & Bluz"
    assert category.slug == "gomlek-bluz"


def test_category_slugs_transliterate_european_letters(tmp_path):
    write(tmp_path / "Ayakkab\u0131" / "a.jpg", "red")
    import_photos(tmp_path)
    assert Category.objects.get().slug == "ayakkabi"


def test_folders_without_latin_letters_become_separate_categories(tmp_path):
    for name, colour in zip(("日本", "Обувь", "-"), COLOURS, strict=False):
        write(tmp_path / name / "a.jpg", colour)
    import_photos(tmp_path)
    assert {c.name for c in Category.objects.all()} == {"日本", "Обувь", "-"}
    assert import_photos(tmp_path).existing == 3
    assert Category.objects.count() == 3


def test_folders_with_equal_slugs_become_separate_categories(tmp_path):
    for name, colour in (("メンズ T", "red"), ("レディース T", "lime")):
        write(tmp_path / name / "a.jpg", colour)
    import_photos(tmp_path)
    assert {c.name for c in Category.objects.all()} == {"メンズ T", "レディース T"}


def test_an_existing_category_is_matched_by_name(tmp_path):
    made = Category.objects.create(name="summer HATS", slug="by-hand")
    write(tmp_path / "Summer hats" / "a.jpg", "red")
    import_photos(tmp_path)
    assert Product.objects.get().category == made


def test_long_folder_names_become_categories(tmp_path):
    for end, colour in (("a", "red"), ("b", "lime")):
        write(tmp_path / ("long" * 50 + end) / "a.jpg", colour)
    import_photos(tmp_path)
    slugs = Category.objects.values_list("slug", flat=True)
    assert [len(slug) for slug in slugs] == [80, 80]


def test_decomposed_accents_are_composed(tmp_path):
    write(tmp_path / unicodedata.normalize("NFD", "Gömlek") / "a.jpg", "red")
    import_photos(tmp_path)
    assert Category.objects.get().name == "Gömlek"
    assert Product.objects.get().title.endswith("from Gömlek")


def test_a_folder_name_in_another_encoding_is_refused(folder):
    name = os.fsdecode("Gömlek".encode("cp1254"))
    write(folder / name / "a.jpg", "navy")
    with pytest.raises(CommandError, match=r"not UTF-8: 'G\\udcf6mlek'"):
        call_command("import_photos", folder)
    assert not Product.objects.exists()


def test_progress_counts_every_photo(folder):
    counts: list[int] = []
    import_photos(folder, progress=counts.append)
    assert sum(counts) == 6


@pytest.mark.parametrize("inside", [None, "empty", "flat"])
def test_a_folder_without_class_folders_is_refused(tmp_path, inside):
    root = tmp_path / "root"
    if inside:
        root.mkdir()
    if inside == "flat":
        write(root / "a.jpg", "red")
    with pytest.raises(ImportFolderError, match=str(root)):
        find_photos(root)
    with pytest.raises(CommandError, match=str(root)):
        call_command("import_photos", root)


def test_the_command_reports_counts_and_skipped_photos(folder, capsys):
    (folder / "dress" / "broken.jpg").write_bytes(b"GIF89a")
    call_command("import_photos", folder)
    out, err = capsys.readouterr()
    assert "5 products with 6 photos" in out
    assert "1 photos skipped" in out
    assert "broken.jpg" in err


def test_a_full_disk_ends_the_command_with_a_message(folder, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "_save", full)
        with pytest.raises(CommandError, match=r"No space left.*run the same command"):
            call_command("import_photos", folder)
    assert not Product.objects.exists()
    assert import_photos(folder).products == 5


@pytest.mark.django_db(transaction=True)
def test_concurrent_imports_make_each_product_once(folder, monkeypatch):
    """Without the lock, both imports would pass the barrier before storing."""
    barrier, category = Barrier(2), drafts.category_of

    def wait_for_the_other(name):
        with suppress(BrokenBarrierError):  # the lock holds the other up
            barrier.wait(timeout=0.5)
        return category(name)

    def run(_):
        try:
            return import_photos(folder)
        finally:
            connection.close()

    monkeypatch.setattr(drafts, "category_of", wait_for_the_other)
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(run, range(2)))
    assert sorted((r.products, r.existing) for r in reports) == [(0, 5), (5, 0)]
    assert (Product.objects.count(), ProductImage.objects.count()) == (5, 6)
