import json
from io import BytesIO, StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connection
from PIL import Image

from catalog.models import Product, ProductImage
from catalog.photos.store import add_photo
from catalog.tests.factories import drawing, make_product
from search.models import DuplicateGroup, Encoder
from search.query.duplicates import (
    find_duplicates,
    find_look_alikes,
    find_product_duplicates,
)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def nudged(colour: str) -> bytes:
    """Move the garment a little, so that the photo is not a copy."""
    image = drawing(colour)
    return jpeg(image.crop((6, 8, 300, 400)))


RED, BLUE, GREEN = (jpeg(drawing(colour)) for colour in ("red", "blue", "green"))
SMALL_RED = jpeg(drawing("red").resize((150, 200)), quality=60)
NUDGED_RED = nudged("red")


@pytest.fixture(autouse=True)
def band(fake_encoder, monkeypatch) -> None:
    """What FakeNetwork sees of a nudged picture is within half of "same item"."""
    from search.index import encoders

    network = encoders._networks["fake-1", "f" * 64]
    monkeypatch.setattr(network, "bands", [("same item", 0.06), ("similar", 0.3)])


@pytest.fixture
def shop(embed) -> dict[str, Product]:
    photos = {
        "red": RED,
        "twin": RED,
        "small": SMALL_RED,
        "nudged": NUDGED_RED,
        "blue": BLUE,
        "green": GREEN,
    }
    products = {sku: make_product(sku=sku, photo=data) for sku, data in photos.items()}
    embed()
    return products


def groups() -> list[tuple[str, list[str]]]:
    """Return kind and SKUs of the stored groups."""
    standing = DuplicateGroup.objects.standing().filter(dismissed=None)
    return sorted(
        (group.kind, sorted(photo.product.sku for photo in group.photos.all()))
        for group in standing
    )


def test_pixels_pictures_and_looks_are_distinguished(shop):
    found = [
        (c.other.product.sku, c.kind) for c in find_product_duplicates(shop["red"])
    ]
    assert found == [("twin", "pixels"), ("small", "picture"), ("nudged", "looks")]


def test_a_photo_without_a_vector_has_no_look_alikes_yet(shop):
    product = make_product(photo=nudged("blue"))
    assert find_look_alikes(product.images.all()) == []


def test_without_an_encoder_copies_are_still_found(shop):
    Encoder.objects.update(state="retired")
    found = [copy.kind for copy in find_product_duplicates(shop["red"])]
    assert found == ["pixels", "picture"]
    assert find_duplicates() == {"pixels": 1, "picture": 1, "looks": 0}


def test_photos_of_one_product_do_not_look_alike(shop, embed):
    add_photo(product=shop["blue"], data=nudged("blue"))
    embed()
    assert find_look_alikes(shop["blue"].images.all()) == []


def test_groups_of_the_whole_shop(shop):
    assert find_duplicates() == {"pixels": 1, "picture": 1, "looks": 1}
    looks = groups()[0]
    assert looks[0] == "looks"
    assert "nudged" in looks[1]
    assert groups()[1:] == [("picture", ["red", "small"]), ("pixels", ["red", "twin"])]


def test_the_colours_of_one_style_are_no_duplicates(shop):
    style = ["red", "twin", "small", "nudged"]
    Product.objects.filter(sku__in=style).update(group="coat")
    find_duplicates()
    assert groups() == []
    Product.objects.filter(sku="twin").update(group="")
    find_duplicates()
    assert ("pixels", ["red", "twin"]) in groups()


def test_finding_again_changes_nothing(shop):
    before = list(Product.objects.values().order_by("id"))
    find_duplicates()
    first = list(DuplicateGroup.objects.values_list("pk", "found").order_by("pk"))
    find_duplicates()
    assert list(DuplicateGroup.objects.values_list("pk", "found").order_by("pk")) == (
        first
    )
    assert list(Product.objects.values().order_by("id")) == before
    assert ProductImage.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_store_each_group_once(shop):
    def run() -> None:
        start.wait()
        find_duplicates()
        connection.close()

    start = Barrier(2)
    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = groups()
    assert len(found) == 3
    find_duplicates()
    assert groups() == found


def test_a_dismissed_group_comes_back_only_when_a_photo_joins_it(shop, embed):
    third = make_product(sku="third", photo=RED)
    find_duplicates()
    pixels = DuplicateGroup.objects.filter(kind="pixels")
    pixels.update(dismissed="2026-01-01T00:00Z")
    find_duplicates()
    assert "pixels" not in dict(groups())
    third.delete()  # a part of what was dismissed
    find_duplicates()
    assert "pixels" not in dict(groups())
    assert pixels.get().photos.count() == 2
    make_product(sku="fourth", photo=RED)
    find_duplicates()
    assert ("pixels", ["fourth", "red", "twin"]) in groups()


def test_a_group_disappears_with_its_photos(shop):
    find_duplicates()
    shop["twin"].delete()
    assert "pixels" not in dict(groups())
    assert find_duplicates()["pixels"] == 0
    assert not DuplicateGroup.objects.filter(kind="pixels").exists()


def test_photos_of_an_older_version_are_examined_first(shop):
    ProductImage.objects.update(picture_hash=None, picture_tint=None)
    assert find_duplicates()["picture"] == 1


def test_the_command_prints_the_groups(shop):
    out = StringIO()
    call_command("find_duplicates", "--json", stdout=out)
    printed = json.loads(out.getvalue().splitlines()[-1])
    assert (printed["pixels"], printed["picture"], printed["looks"]) == (1, 1, 1)
    listed = {g["kind"]: [p["sku"] for p in g["photos"]] for g in printed["groups"]}
    assert sorted(listed["pixels"]) == ["red", "twin"]
    out = StringIO()
    call_command("find_duplicates", stdout=out)
    assert "Same pixels:\n  red  products/" in out.getvalue()
    assert "pixels 1, picture 1, looks 1" in out.getvalue()


def test_an_empty_shop_has_no_duplicates(db):
    assert find_duplicates() == {"pixels": 0, "picture": 0, "looks": 0}
