from pathlib import Path

import pytest

from catalog.models import ProductImage
from catalog.photos.renditions import sweep
from catalog.photos.renditions.sweep import draw_due
from catalog.photos.store import prepare_photo, set_photo
from catalog.tests.factories import make_photo_bytes, make_product

pytestmark = pytest.mark.django_db


def drawn(media: Path) -> list[str]:
    return sorted(path.name for path in (media / "thumbnails").rglob("*.webp"))


def make_photo(size: tuple[int, int] = (900, 1200)) -> ProductImage:
    return make_product(photo=make_photo_bytes(size=size)).images.get()


def test_new_photos_are_drawn_once(media):
    make_photo()
    assert draw_due() == 1
    assert drawn(media) == ["1200.webp", "160.webp", "320.webp", "480.webp", "800.webp"]
    assert draw_due() == 0


def test_a_small_photo_is_not_drawn_larger(media):
    make_photo((200, 200))
    draw_due()
    assert drawn(media) == ["160.webp", "320.webp"]


def test_what_is_there_is_not_drawn_again(media, client):
    photo = make_photo()
    client.get(photo.card.url)
    before = (media / photo.card.name).stat().st_mtime_ns
    draw_due()
    assert (media / photo.card.name).stat().st_mtime_ns == before


def test_an_unreadable_photo_does_not_hold_up_the_others(media):
    whole, broken = make_photo(), make_photo((901, 1200))
    (media / broken.file.name).write_bytes(b"no photo")
    assert draw_due() == 2
    assert draw_due() == 0
    assert len(drawn(media)) == len(whole.renditions)


def test_the_turn_ends_and_the_next_goes_on():
    for _ in range(3):
        make_photo((20, 20))
    assert [draw_due(seconds=0) for _ in range(4)] == [1, 1, 1, 0]


def test_a_new_file_is_drawn_and_the_old_pictures_go(
    media, django_capture_on_commit_callbacks
):
    photo = make_photo()
    draw_due()
    photo.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        data = make_photo_bytes("red", size=(300, 400))
        set_photo(image=photo, photo=prepare_photo(data))
        photo.save()
    assert drawn(media) == []
    assert draw_due() == 1
    assert drawn(media) == ["160.webp", "320.webp"]


def test_nothing_stays_of_a_photo_replaced_while_it_is_drawn(media, monkeypatch):
    photo = make_photo()
    draw_all = sweep.draw_all

    def draw_and_replace(*drawn_photo):
        draw_all(*drawn_photo)
        ProductImage.objects.filter(pk=photo.pk).update(file="products/aa/new.jpg")

    monkeypatch.setattr(sweep, "draw_all", draw_and_replace)
    draw_due()
    assert drawn(media) == []
