import pytest

from catalog.models import ProductImage
from catalog.tests.factories import make_category, make_product
from search.change.photo_export import TooFewPhotos, export_photos

pytestmark = pytest.mark.django_db


def names(work) -> dict[str, int]:
    """Count the exported photos by CATEGORY/PRODUCT."""
    found = (path for path in (work / "photos").rglob("*") if path.is_file())
    counts: dict[str, int] = {}
    for path in found:
        key = f"{path.parent.parent.name}/{path.parent.name}"
        counts[key] = counts.get(key, 0) + 1
    return counts


def test_photos_are_exported_by_category_and_product(shop, work, small_minimum):
    exported = export_photos(work)
    assert names(work) == {
        f"{product.category.slug}/{product.pk}": 2 if product == shop[0] else 1
        for product in shop
    }
    assert (exported.photos, exported.products, exported.categories) == (7, 6, 2)
    photo = shop[0].images.first()
    copy = work / "photos" / "dress" / str(shop[0].pk) / f"{photo.sha256[:32]}.jpg"
    assert copy.read_bytes() == photo.file.read()


def test_drafts_are_not_trained_on(shop, work, small_minimum):
    make_product(photo=True, status="draft")
    assert export_photos(work).photos == 7


def test_a_photo_of_two_products_is_exported_once(shop, work, small_minimum):
    make_product(photo=shop[0].images.first().file.read(), category=shop[3].category)
    exported = export_photos(work)
    assert (exported.photos, exported.copies) == (7, 1)


def test_photos_that_cannot_be_read_are_named_and_counted(shop, work, small_minimum):
    broken, gone = shop[1].images.get(), shop[4].images.get()
    with broken.file.storage.open(broken.file.name, "wb") as file:
        file.write(b"no photo")
    gone.file.storage.delete(gone.file.name)
    exported = export_photos(work)
    assert exported.photos == 5
    assert len(exported.skipped) == 2
    messages = "\n".join(exported.skipped)
    for image in (broken, gone):
        assert image.file.name in messages and str(image.product) in messages


def test_a_category_with_one_photo_is_left_out(shop, work, small_minimum):
    make_product(photo=True, category=make_category("Gloves", "gloves"))
    exported = export_photos(work)
    assert exported.too_small == ["gloves"]
    assert (exported.photos, exported.categories) == (7, 2)
    assert not any(key.startswith("gloves") for key in names(work))


def test_the_number_of_photos_is_limited(shop, work, small_minimum):
    # Of seven: whichever are drawn, two of each category are among them.
    assert export_photos(work, 6).photos == 6


@pytest.mark.parametrize("photos", [0, 49])
def test_too_few_photos_are_refused(shop, work, photos):
    for _ in range(photos - 7):
        make_product(photo=True)
    with pytest.raises(TooFewPhotos, match="at least 50 photos in 2 categories"):
        export_photos(work)


def test_one_category_is_refused(work, small_minimum):
    for _ in range(5):
        make_product(photo=True)
    with pytest.raises(TooFewPhotos, match="in 1 categories"):
        export_photos(work)


def test_a_stopped_export_continues(shop, work, small_minimum, monkeypatch):
    done = []

    def stop_at_the_fourth(count: int) -> None:
        done.append(count)
        if len(done) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_photos(work, progress=stop_at_the_fourth)
    before = {path: path.stat().st_mtime_ns for path in work.rglob("*.jpg")}
    shop[5].status = "draft"
    shop[5].save()
    assert export_photos(work).photos == 6
    assert f"hat/{shop[5].pk}" not in names(work)
    after = {path: path.stat().st_mtime_ns for path in work.rglob("*.jpg")}
    assert all(after.get(path, time) == time for path, time in before.items())


def test_a_finished_export_stays_the_same(shop, work, small_minimum):
    first = export_photos(work)
    make_product(photo=True)
    ProductImage.objects.filter(product=shop[0]).delete()
    assert export_photos(work) == first
