from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalog.models import ProductImage
from catalog.photos.prepared import prepare_photo
from catalog.photos.store import add_photo, set_photo
from catalog.tests.factories import make_photo_bytes, make_product
from search import tasks
from search.index.embed import embed_due, index_status
from search.models import (
    RETRY_AFTER,
    Embedding,
    EmbeddingFailure,
    Photo,
)

pytestmark = pytest.mark.django_db


def break_file(image: ProductImage) -> None:
    """Cut the file short, as a failing disk does."""
    with image.file.storage.open(image.file.name, "rb+") as file:
        file.truncate(200)


@contextmanager
def another_worker_holding(photo: ProductImage) -> Iterator[None]:
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            lock = "SELECT 1 FROM catalog_productimage WHERE id = %s FOR NO KEY UPDATE"
            cursor.execute(lock, [photo.pk])
        yield
        other.rollback()  # the server may hold the lock a little longer than close()
    finally:
        other.close()


@pytest.fixture
def woken(monkeypatch) -> list[int]:
    """Count the messages sent to workers."""
    calls: list[int] = []
    monkeypatch.setattr(
        tasks.embed_pending, "apply_async", lambda **options: calls.append(1)
    )
    return calls


def test_every_pending_photo_gets_one_unit_vector(embed):
    products = [make_product(photo=True) for _ in range(3)]
    assert embed().embedded == 3
    assert embed().embedded == 0
    rows = Embedding.objects.all()
    assert {row.image.product_id for row in rows} == {p.id for p in products}
    for row in rows:
        assert sum(x * x for x in row.vector) == pytest.approx(1, abs=1e-5)


def test_a_worker_is_woken_on_commit_and_not_before(
    fake_encoder, woken, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        make_product(photo=True)
        assert woken == []
    assert woken == [1]


def test_a_changed_title_or_alt_text_wakes_no_worker(
    embed, woken, django_capture_on_commit_callbacks
):
    product = make_product(photo=True)
    embed()
    with django_capture_on_commit_callbacks(execute=True):
        product.title = "Other"
        product.save()
        image = product.images.get()
        image.alt_text = "Other"
        image.save()
    assert woken == []
    assert Embedding.objects.count() == 1


def test_a_replaced_photo_is_embedded_anew(
    embed, woken, django_capture_on_commit_callbacks
):
    image = make_product(photo=make_photo_bytes("red")).images.get()
    embed()
    before = Embedding.objects.get().vector
    old_file = image.file.name
    with django_capture_on_commit_callbacks(execute=True):
        set_photo(image=image, photo=prepare_photo(make_photo_bytes("lime")))
        image.save()
    assert woken == [1]
    assert not Embedding.objects.exists()
    assert not image.file.storage.exists(old_file)
    assert embed().embedded == 1
    assert list(Embedding.objects.get().vector) != list(before)


def test_a_deleted_photo_takes_its_vector_and_its_file(
    embed, django_capture_on_commit_callbacks
):
    product = make_product(photo=True)
    image = product.images.get()
    embed()
    with django_capture_on_commit_callbacks(execute=True):
        image.delete()
    assert not Embedding.objects.exists()
    assert not image.file.storage.exists(image.file.name)


def test_a_deleted_product_takes_its_vectors(embed):
    product = make_product(photo=True)
    add_photo(product=product, data=make_photo_bytes("gold"))
    embed()
    assert Embedding.objects.count() == 2
    product.delete()
    assert not Embedding.objects.exists()


def test_an_unreadable_photo_is_a_failure_and_stops_no_other(embed):
    broken = make_product(photo=True).images.get()
    break_file(broken)
    make_product(photo=True)
    outcome = embed()
    assert (outcome.embedded, outcome.failed) == (1, 1)
    failure = EmbeddingFailure.objects.get()
    assert failure.image_id == broken.id
    assert failure.reason
    status = index_status()
    assert (status["photos"], status["embedded"], status["pending"]) == (2, 1, 0)
    assert status["failed"] == 1


def test_a_missing_file_is_a_failure(embed):
    image = make_product(photo=True).images.get()
    image.file.storage.delete(image.file.name)
    assert embed().failed == 1


def test_a_failure_is_retried_later_and_three_times_at_most(embed, fake_encoder):
    image = make_product(photo=True).images.get()
    break_file(image)
    embed()
    assert not Photo.objects.due(fake_encoder).exists()
    for tries in (2, 3):
        EmbeddingFailure.objects.update(last_try=timezone.now() - 2 * RETRY_AFTER)
        assert embed().failed == 1
        assert EmbeddingFailure.objects.get().tries == tries
    EmbeddingFailure.objects.update(last_try=timezone.now() - 2 * RETRY_AFTER)
    assert not Photo.objects.due(fake_encoder).exists()


def test_a_failure_is_forgotten_when_the_photo_is_replaced(embed):
    image = make_product(photo=True).images.get()
    break_file(image)
    embed()
    set_photo(image=image, photo=prepare_photo(make_photo_bytes("teal")))
    image.save()
    assert not EmbeddingFailure.objects.exists()
    assert embed().embedded == 1


def test_pending_and_its_age_are_counted(fake_encoder):
    image = make_product(photo=True).images.get()
    ProductImage.objects.filter(pk=image.pk).update(
        created=timezone.now() - timezone.timedelta(seconds=90)
    )
    status = index_status()
    assert status["pending"] == 1
    assert 90 <= status["oldest_pending_s"] < 120
    assert status["encoder"] == "fake-1"


@pytest.mark.django_db(transaction=True)
def test_embedding_stops_when_other_workers_hold_all_that_is_due():
    photo = make_product(photo=True).images.get()
    rounds: list[int] = []

    def count_rounds(photos: int) -> None:
        rounds.append(photos)
        assert len(rounds) < 5, "asks for locked photos without end"

    with another_worker_holding(photo):
        outcome = embed_due(progress=count_rounds)
    assert (outcome.embedded, outcome.failed) == (0, 0)
    assert index_status()["pending"] == 1
    assert embed_due().embedded == 1


def test_more_photos_than_a_window_are_all_embedded(embed, monkeypatch):
    monkeypatch.setattr("search.index.embed.CHUNK", 2)
    monkeypatch.setattr("search.index.embed.WINDOW", 4)
    for _ in range(9):
        make_product(photo=True)
    assert embed().embedded == 9


def test_the_database_refuses_a_vector_that_is_not_of_unit_length(fake_encoder):
    image = make_product(photo=True).images.get()
    with pytest.raises(IntegrityError, match="unit_length"), transaction.atomic():
        Embedding.objects.create(
            encoder=fake_encoder, image_id=image.id, vector=[1.0] * 128
        )


def test_a_product_is_saved_while_the_broker_is_down(
    fake_encoder, settings, django_capture_on_commit_callbacks, monkeypatch
):
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
    monkeypatch.setattr(current_app, "_pool", None)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        make_product(photo=True)
    assert callbacks
    assert index_status()["pending"] == 1
    assert tasks.wake_worker() is False
    assert tasks.embed_pending() == 1  # what the scheduler runs every minute
