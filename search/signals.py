"""Receivers of the catalogue's signals."""

from django.db import transaction
from django.db.models.signals import post_save, pre_delete

from catalog.filters import Filters
from catalog.listing import zero_results
from catalog.models import ProductImage
from search import tasks
from search.events.record import record_zero_results
from search.models import Embedding, EmbeddingFailure, Event, UrgentPhoto


def embed_saved_photo(instance: ProductImage, created: bool, **kwargs) -> None:
    replaced = instance._replaced
    if replaced:
        Embedding.objects.filter(image_id=instance.pk).delete()
        EmbeddingFailure.objects.filter(image_id=instance.pk).delete()
    if created or replaced:
        # A photo that waits already keeps its place.
        urgent = UrgentPhoto(image_id=instance.pk)
        UrgentPhoto.objects.bulk_create([urgent], ignore_conflicts=True)
        transaction.on_commit(tasks.wake_worker)


def lock_deleted_photo(instance: ProductImage, **kwargs) -> None:
    # Wait for a worker that embeds the photo, so that its vector is deleted too.
    photo = ProductImage.objects.select_for_update().filter(pk=instance.pk)
    photo.values_list("pk").first()


def record_empty_listing(words: str, filters: Filters, **kwargs) -> None:
    record_zero_results(Event.Listing.WORDS, words=words, filters=filters.parameters)


def connect() -> None:
    # A deleted photo takes its vectors along by the foreign key.
    pre_delete.connect(lock_deleted_photo, sender=ProductImage)
    post_save.connect(embed_saved_photo, sender=ProductImage)
    zero_results.connect(record_empty_listing)
