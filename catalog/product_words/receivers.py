"""Refresh words when a row is saved or deleted; querysets do so for many at once."""

from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from catalog.models import Category, Product, ProductImage, ProductQuerySet
from catalog.product_words.refresh import refresh_words


@receiver(pre_save, sender=Category)
def note_rename(instance: Category, **kwargs: Any) -> None:
    known = Category.objects.filter(pk=instance.pk)
    instance._renamed = known.exclude(name=instance.name).exists()


@receiver(post_save, sender=Category)
def refresh_category(instance: Category, **kwargs: Any) -> None:
    if instance._renamed:
        refresh_words(instance.products.order_by().values_list("pk", flat=True))


@receiver(post_save, sender=Product)
def refresh_product(
    instance: Product, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    if update_fields is None or update_fields & ProductQuerySet.word_fields:
        refresh_words([instance.pk])


@receiver(post_save, sender=ProductImage)
def refresh_photo(instance: ProductImage, **kwargs: Any) -> None:
    former = instance._former_product or instance.product_id
    refresh_words([instance.product_id, former])


@receiver(post_delete, sender=ProductImage)
def forget_photo(
    instance: ProductImage, origin: Model | QuerySet | None, **kwargs: Any
) -> None:
    # The words of a deleted product go with it.
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if origin is None or issubclass(model, ProductImage):
        refresh_words([instance.product_id])
