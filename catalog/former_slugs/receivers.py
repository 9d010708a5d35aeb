"""Keep the slug of a product or category that is given another one."""

from typing import Any

from django.db import models
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from catalog.former_slugs.models import FormerSlug
from catalog.models import Category, Product

_KINDS: dict[type[models.Model], str] = {Product: "product", Category: "category"}


@receiver(pre_save, sender=Product)
@receiver(pre_save, sender=Category)
def note_slug(sender: type[models.Model], instance: Any, **kwargs: Any) -> None:
    before = sender._default_manager.filter(pk=instance.pk).exclude(slug=instance.slug)
    instance._former_slug = (
        before.values_list("slug", flat=True).first() if instance.pk else None
    )


@receiver(post_save, sender=Product)
@receiver(post_save, sender=Category)
def keep_slug(sender: type[models.Model], instance: Any, **kwargs: Any) -> None:
    if instance._former_slug:
        kind = _KINDS[sender]
        of_kind = FormerSlug.objects.filter(**{f"{kind}__isnull": False})
        of_kind.filter(slug__in=[instance.slug, instance._former_slug]).delete()
        FormerSlug.objects.create(slug=instance._former_slug, **{kind: instance})
