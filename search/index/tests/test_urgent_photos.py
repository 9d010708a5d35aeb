from collections.abc import Callable

import pytest

from catalog.models import ProductImage
from catalog.photos.prepared import prepare_photo
from catalog.photos.store import set_photo
from catalog.tests.factories import make_photo_bytes, make_product
from search.index.embed import embed_due
from search.index.encoders import open_network, register
from search.index.tests.test_embed import another_worker_holding, break_file
from search.models import Embedding, UrgentPhoto
from search.tests.networks import write_network

pytestmark = pytest.mark.django_db


def load_in_bulk(count: int) -> list[int]:
    """Store photos as feeds do; return their ids."""
    first = make_product(photo=True).images.get()
    UrgentPhoto.objects.all().delete()
    copies = ProductImage.objects.bulk_create(
        ProductImage(
            product=first.product, file=first.file.name, sha256=f"{n:064}", position=n
        )
        for n in range(1, count)
    )
    return [first.id, *(copy.id for copy in copies)]


def embedded_in_order(during: Callable[[int], object] = id) -> list[int]:
    """Embed one photo at a time, calling `during` after each; return their ids."""
    order: list[int] = []

    def note(photos: int) -> None:
        seen = Embedding.objects.exclude(image__in=order)
        order.extend(seen.values_list("image_id", flat=True))
        during(len(order))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("search.index.embed.CHUNK", 1)
        embed_due(progress=note)
    return order


def test_photos_saved_by_hand_come_before_a_bulk_load(fake_encoder):
    loaded = load_in_bulk(3)
    by_hand = [make_product(photo=True).images.get().id for _ in range(2)]
    assert embedded_in_order() == by_hand + loaded
    assert not UrgentPhoto.objects.exists()


def test_a_photo_saved_during_a_bulk_load_comes_next(fake_encoder):
    loaded = load_in_bulk(4)
    saved: list[int] = []

    def save_one(embedded: int) -> None:
        if embedded == 2:
            saved.append(make_product(photo=True).images.get().id)

    assert embedded_in_order(save_one) == [*loaded[:2], *saved, *loaded[2:]]


def test_a_replaced_photo_comes_before_a_bulk_load(fake_encoder):
    loaded = load_in_bulk(3)
    image = ProductImage.objects.get(id=loaded[2])
    set_photo(image=image, photo=prepare_photo(make_photo_bytes("teal")))
    image.save()
    image.save()  # as it is: it keeps its place
    assert embedded_in_order() == [loaded[2], *loaded[:2]]


def test_an_unreadable_photo_saved_by_hand_stops_no_other(fake_encoder):
    loaded = load_in_bulk(2)
    broken, good = (make_product(photo=True).images.get() for _ in range(2))
    break_file(broken)
    assert embedded_in_order() == [good.id, *loaded]
    assert not UrgentPhoto.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_bulk_load_goes_on_while_another_worker_holds_what_was_saved_by_hand():
    loaded = load_in_bulk(2)
    photo = make_product(photo=True).images.get()
    with another_worker_holding(photo):
        assert embedded_in_order() == loaded
    assert embed_due().embedded == 1


def test_an_encoder_that_is_being_added_leaves_urgent_photos_to_the_active_one(
    fake_encoder, tmp_path
):
    photo = make_product(photo=True).images.get()
    embed_due(encoder=register(open_network(write_network(tmp_path, "next"))))
    assert UrgentPhoto.objects.get().image_id == photo.id
    assert embed_due(encoder=fake_encoder).embedded == 1
    assert not UrgentPhoto.objects.exists()
