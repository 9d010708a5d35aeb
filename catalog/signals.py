"""Delete the files of deleted and replaced photos once that is committed."""

from functools import partial

from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from catalog.feeds.runs.files import delete_file as delete_feed_file
from catalog.feeds.runs.models import FeedRun
from catalog.models import ProductImage
from catalog.photos.thumbnails import file_names


def _delete_files(image: ProductImage) -> None:
    if not (photo := image.file.name):
        return
    for name in [*file_names(photo), photo]:
        image.file.storage.delete(name)


@receiver(pre_save, sender=ProductImage)
def remember_replaced_file(instance: ProductImage, raw: bool, **kwargs) -> None:
    """Keep the stored row, so that the files a new one replaces can be deleted."""
    instance._replaced = instance._former_product = None
    if instance.pk and not raw:
        before = ProductImage.objects.filter(pk=instance.pk).first()
        # A new file of the same pixels asks for the same name.
        fresh = not instance.file._committed  # type: ignore[attr-defined]
        instance._former_product = before.product_id if before else None
        if before and (fresh or before.file.name != instance.file.name):
            instance._replaced = before


@receiver(post_save, sender=ProductImage)
def delete_replaced_file(instance: ProductImage, **kwargs) -> None:
    if instance._replaced:
        transaction.on_commit(partial(_delete_files, instance._replaced), robust=True)


@receiver(post_delete, sender=ProductImage)
def delete_file(instance: ProductImage, **kwargs) -> None:
    transaction.on_commit(partial(_delete_files, instance), robust=True)


@receiver(post_delete, sender=FeedRun)
def delete_file_of_run(instance: FeedRun, **kwargs) -> None:
    delete = partial(delete_feed_file, instance.file)
    transaction.on_commit(delete, robust=True)
