"""What happens to the index when a photo is saved.

A deleted photo takes its vectors along by the foreign key.
"""

from django.db import transaction
from django.db.models.signals import post_save

from catalog.models import ProductImage
from search import tasks
from search.models import Embedding, EmbeddingFailure


def embed_saved_photo(instance: ProductImage, created: bool, **kwargs) -> None:
    """Forget what was known of a replaced photo and wake a worker on commit."""
    replaced = instance._replaced
    if replaced:
        Embedding.objects.filter(image_id=instance.pk).delete()
        EmbeddingFailure.objects.filter(image_id=instance.pk).delete()
    if created or replaced:
        transaction.on_commit(tasks.wake_worker)


def connect() -> None:
    post_save.connect(embed_saved_photo, sender=ProductImage)
