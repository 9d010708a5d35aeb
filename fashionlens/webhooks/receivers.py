"""Turn what happens in the shop into messages."""

from collections.abc import Iterable
from typing import Any

from django.dispatch import receiver

from catalog.announcements import signals
from catalog.feeds.runs.models import FeedRun
from catalog.models import Product, ProductImage
from fashionlens.webhooks.outbox import Event, announce, listeners


@receiver(signals.products_changed)
def announce_products(products: Iterable[int], **kwargs: Any) -> None:
    ids = list(products)
    if ids and (endpoints := listeners(Event.PRODUCT_UPDATED)):
        rows = Product.objects.using("default").filter(pk__in=ids).order_by("pk")
        subjects = [
            (sku, {"sku": sku, "status": status})
            for sku, status in rows.values_list("sku", "status")
        ]
        announce(Event.PRODUCT_UPDATED, endpoints, subjects)


@receiver(signals.photos_indexed)
def announce_indexed(photos: Iterable[int], encoder: str, **kwargs: Any) -> None:
    _announce_photos(Event.PHOTO_INDEXED, photos, {"encoder": encoder})


@receiver(signals.photos_failed)
def announce_failed(photos: Iterable[int], reason: str, **kwargs: Any) -> None:
    _announce_photos(Event.PHOTO_FAILED, photos, {"reason": reason})


@receiver(signals.import_finished)
def announce_import(run: FeedRun, **kwargs: Any) -> None:
    if endpoints := listeners(Event.IMPORT_FINISHED):
        data = {
            "import": run.pk,
            "feed": run.source.name,
            "state": run.state,
            "counts": run.counts,
        }
        announce(Event.IMPORT_FINISHED, endpoints, [(f"import {run.pk}", data)])


@receiver(signals.encoder_activated)
def announce_encoder(version: str, **kwargs: Any) -> None:
    if endpoints := listeners(Event.ENCODER_ACTIVATED):
        subject = ("encoder", {"encoder": version})
        announce(Event.ENCODER_ACTIVATED, endpoints, [subject])


def _announce_photos(event: str, photos: Iterable[int], more: dict[str, Any]) -> None:
    ids = list(photos)
    if ids and (endpoints := listeners(event)):
        rows = ProductImage.objects.filter(pk__in=ids).order_by("pk")
        subjects = [
            (sku, {"sku": sku, "photo": pk, **more})
            for sku, pk in rows.values_list("product__sku", "pk")
        ]
        announce(event, endpoints, subjects)
