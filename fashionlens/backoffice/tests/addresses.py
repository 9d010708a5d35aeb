"""Every address of the admin, with a row of each table to show there."""

from collections.abc import Callable, Iterator
from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from catalog.bulk.models import BulkChange
from catalog.feeds.runs.models import FeedRun, FeedSource
from catalog.history.entries import Author
from catalog.models import Category, Product, ProductImage
from catalog.synonyms.models import Synonym
from catalog.tests.factories import make_category, make_product
from catalog.trash.models import TrashedProduct
from catalog.trash.services import put_in_trash
from fashionlens.identity.models import Page, Shop
from fashionlens.keys.models import ApiKey
from fashionlens.webhooks.models import WebhookEndpoint, WebhookMessage
from search.models import (
    DuplicateGroup,
    EmbeddingFailure,
    Encoder,
    Event,
    RecallMeasurement,
)
from search.models import EmptySearch as NoResults


def _photo() -> ProductImage:
    return ProductImage.objects.first() or make_product(photo=True).images.get()


def _failure(encoder: Encoder) -> EmbeddingFailure:
    fields: dict[str, Any] = {"reason": "It is torn.", "last_try": timezone.now()}
    return EmbeddingFailure.objects.create(image=_photo(), encoder=encoder, **fields)


def _measurement(encoder: Encoder) -> RecallMeasurement:
    times = {f"{who}_p{n}_ms": 1.5 for who in ("index", "exact") for n in (50, 95)}
    counts = {"rows": 9, "sample": 5, "k": 10, "recall_mean": 0.99, "recall_p5": 0.9}
    return RecallMeasurement.objects.create(encoder=encoder, **counts, **times)


def _duplicates(encoder: Encoder) -> DuplicateGroup:
    group = DuplicateGroup.objects.create(kind="looks", key="k")
    group.photos.set([_photo(), make_product(photo=True).images.get()])
    return group


def _message(encoder: Encoder) -> WebhookMessage:
    endpoint = WebhookEndpoint.objects.create(url="https://a.example/", events=[])
    fields = {"event": "photo.failed", "subject": "A-1", "data": {}, "transaction": 1}
    return WebhookMessage.objects.create(endpoint=endpoint, **fields)


def _run(encoder: Encoder) -> FeedRun:
    source = FeedSource.objects.get_or_create(name="Supplier")[0]
    return FeedRun.objects.create(source=source, file_name="a.csv", state="done")


def _trashed() -> TrashedProduct:
    product = make_product(photo=True)
    put_in_trash([product.pk], Author())
    return TrashedProduct.objects.get(pk=product.pk)


EXAMPLES: dict[type[Model], Callable[[Encoder], Model]] = {
    AccessAttempt: lambda _: AccessAttempt.objects.create(failures_since_start=1),
    ApiKey: lambda _: ApiKey.objects.create(name="Shop", kind="secret", digest="d"),
    BulkChange: lambda _: BulkChange.objects.create(products=[_photo().product_id]),
    Category: lambda _: make_category(),
    DuplicateGroup: _duplicates,
    EmbeddingFailure: _failure,
    Encoder: lambda encoder: encoder,
    Event: lambda _: Event.objects.create(
        kind="click", listing="photo", query="q", position=1, products=[1]
    ),
    FeedRun: _run,
    FeedSource: lambda _: FeedSource.objects.get_or_create(name="Supplier")[0],
    Group: lambda _: Group.objects.get_or_create(name="Helpers")[0],
    NoResults: lambda _: NoResults.objects.create(
        listing="words", words="spats", day=timezone.now().date()
    ),
    Page: lambda _: Page.objects.create(title="Terms", slug="terms", text="All."),
    Product: lambda _: make_product(photo=True),
    ProductImage: lambda _: _photo(),
    RecallMeasurement: _measurement,
    Shop: lambda _: Shop.objects.get_or_create(pk=1)[0],
    Synonym: lambda _: Synonym.objects.create(words="shoe", also="trainer"),
    TrashedProduct: lambda _: _trashed(),
    User: lambda _: User.objects.create(username="grace"),
    WebhookEndpoint: lambda encoder: _message(encoder).endpoint,
    WebhookMessage: _message,
}
KINDS = {"kind": "jsonl"}
FILES = {"search_encoder_picture"}  # which may be missing


def every_address(encoder: Encoder) -> Iterator[tuple[str, str]]:
    """Yield the name and the path of each page of the admin."""
    for name in ("index", "password_change", "password_change_done"):
        yield name, reverse(f"admin:{name}")
    for model, model_admin in admin.site._registry.items():
        row = EXAMPLES[model](encoder)
        for address in model_admin.get_urls():
            if not address.name or address.name in FILES:
                continue
            names = address.pattern.converters
            given = {name: KINDS.get(name, row.pk) for name in names}
            arguments = {"args": [row.pk]} if "id" in names else {"kwargs": given}
            yield address.name, reverse(f"admin:{address.name}", **arguments)
