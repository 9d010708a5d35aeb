from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from catalog.announcements.signals import products_changed
from catalog.models import Product


@receiver(post_save, sender=Product)
def announce_product(instance: Product, **kwargs: Any) -> None:
    products_changed.send(Product, products=[instance.pk])
