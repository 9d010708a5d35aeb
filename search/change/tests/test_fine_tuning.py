"""What of a shop is trained on, and when there is nothing to train on."""

import json
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from catalog.models import ProductImage
from catalog.photos.store import add_photo
from catalog.tests.factories import make_category, make_photo_bytes, make_product
from search.change import fine_tuning
from search.change.fine_tuning import Plan, TeachingRefused, at_work, export_photos
from search.models import Encoder
from search.tests.networks import write_network

pytestmark = pytest.mark.django_db

PLAN = Plan(start="/encoders/shipped", recipe="fashion")


@pytest.fixture(autouse=True)
def work(tmp_path, settings):
    settings.VAR = tmp_path / "var"
    return settings.VAR / "train_encoder"


@pytest.fixture
def least(monkeypatch):
    """Small shops will do."""
    monkeypatch.setattr(fine_tuning, "LEAST_PHOTOS", 4)


@pytest.fixture
def shop():
    """Two categories of three products; the first has two photos."""
    dresses, hats = make_category(), make_category("Hats", "hat")
    products = [make_product(photo=True, category=dresses) for _ in range(3)]
    products += [make_product(photo=True, category=hats) for _ in range(3)]
    add_photo(product=products[0], data=make_photo_bytes("orange"))
    return products


def names(work) -> dict[str, int]:
    """CATEGORY/PRODUCT -> photos of it."""
    found = (path for path in (work / "photos").rglob("*") if path.is_file())
    counts: dict[str, int] = {}
    for path in found:
        key = f"{path.parent.parent.name}/{path.parent.name}"
        counts[key] = counts.get(key, 0) + 1
    return counts


def test_photos_are_exported_by_category_and_product(shop, work, least):
    exported = export_photos(work)
    assert names(work) == {
        f"{product.category.slug}/{product.pk}": 2 if product == shop[0] else 1
        for product in shop
    }
    assert (exported.photos, exported.products, exported.categories) == (7, 6, 2)
    photo = shop[0].images.first()
    copy = work / "photos" / "dress" / str(shop[0].pk) / f"{photo.sha256[:32]}.jpg"
    assert copy.read_bytes() == photo.file.read()


def test_drafts_are_not_trained_on(shop, work, least):
    make_product(photo=True, status="draft")
    assert export_photos(work).photos == 7


def test_a_photo_of_two_products_is_exported_once(shop, work, least):
    make_product(photo=shop[0].images.first().file.read(), category=shop[3].category)
    exported = export_photos(work)
    assert (exported.photos, exported.copies) == (7, 1)


def test_photos_that_cannot_be_read_are_named_and_counted(shop, work, least):
    broken, gone = shop[1].images.get(), shop[4].images.get()
    with broken.file.storage.open(broken.file.name, "wb") as file:
        file.write(b"no photo")
    gone.file.storage.delete(gone.file.name)
    exported = export_photos(work)
    assert exported.photos == 5
    assert len(exported.skipped) == 2
    told = "\n".join(exported.skipped)
    for image in (broken, gone):
        assert image.file.name in told and str(image.product) in told


def test_a_category_with_one_photo_is_left_out(shop, work, least):
    make_product(photo=True, category=make_category("Gloves", "gloves"))
    exported = export_photos(work)
    assert exported.too_small == ["gloves"]
    assert (exported.photos, exported.categories) == (7, 2)
    assert not any(key.startswith("gloves") for key in names(work))


def test_no_more_photos_than_wanted(shop, work, least):
    # Of seven: whichever are drawn, two of each category are among them.
    assert export_photos(work, 6).photos == 6


@pytest.mark.parametrize("photos", [0, 49])
def test_too_few_photos_are_refused(shop, work, photos):
    for _ in range(photos - 7):
        make_product(photo=True)
    with pytest.raises(TeachingRefused, match="at least 50 photos in 2 categories"):
        export_photos(work)


def test_one_category_is_refused(work, least):
    for _ in range(5):
        make_product(photo=True)
    with pytest.raises(TeachingRefused, match="in 1 categories"):
        export_photos(work)


def test_an_export_that_was_stopped_goes_on(shop, work, least, monkeypatch):
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


def test_what_was_exported_stays_the_same_until_it_is_trained_on(shop, work, least):
    first = export_photos(work)
    make_product(photo=True)
    ProductImage.objects.filter(product=shop[0]).delete()
    assert export_photos(work) == first


def test_only_the_same_plan_goes_on(work):
    with at_work(work, PLAN):
        pass
    other = Plan(start=PLAN.start, recipe="fashion", steps=7)
    with pytest.raises(TeachingRefused, match=r"not .*7 steps.*--fresh"):
        at_work(work, other).__enter__()
    with at_work(work, PLAN):
        pass


def test_fresh_throws_away_what_is_there(work):
    with at_work(work, PLAN):
        (work / "photos" / "hat").mkdir(parents=True)
        (work / "exported.json").write_text("{}")
    other = Plan(start=PLAN.start, recipe="fashion", seed=2)
    with at_work(work, other, fresh=True):
        assert {path.name for path in work.iterdir()} == {"lock", "plan.json"}
    assert json.loads((work / "plan.json").read_text())["seed"] == 2


def test_one_training_at_a_time_and_its_children_count(work):
    wait = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with at_work(work, PLAN) as lock:
        with pytest.raises(TeachingRefused, match="Another training is at work"):
            at_work(work, PLAN).__enter__()
        child = subprocess.Popen(wait, stdin=subprocess.PIPE, pass_fds=(lock,))
    with pytest.raises(TeachingRefused, match="Another training is at work"):
        at_work(work, PLAN).__enter__()
    child.communicate()
    with at_work(work, PLAN):
        pass


def test_a_shop_without_tensorflow_says_what_to_install(monkeypatch, work):
    monkeypatch.setattr(fine_tuning, "NEEDED", ("no_such_package",))
    with pytest.raises(CommandError, match=r"-m pip install -r requirements-dev\.txt"):
        call_command("train_encoder")
    assert not work.exists()


def test_a_folder_with_files_in_it_is_left_alone(work, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="not an empty folder"):
        call_command("train_encoder", "--out", str(tmp_path))
    assert not work.exists()


@pytest.mark.parametrize("words", [["--steps", "0"], ["--seed", "-1"]])
def test_senseless_numbers_are_refused(words):
    with pytest.raises(CommandError, match="--steps is 1 or more"):
        call_command("train_encoder", *words)


def test_a_start_that_is_no_encoder_is_refused(shop, work, least):
    with pytest.raises(CommandError, match="nowhere is no folder of an encoder"):
        call_command("train_encoder", "--from", str(work / "nowhere"))


def test_a_failed_training_adds_no_encoder(shop, work, least, tmp_path, capfd):
    start = write_network(tmp_path / "other", "other")  # has no encoder.keras
    with pytest.raises(CommandError, match="The network was not trained"):
        call_command("train_encoder", "--from", str(start))
    assert "ml.train: " in capfd.readouterr().err
    assert not Encoder.objects.exclude(state="active").exists()
