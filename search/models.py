from datetime import timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import FilteredRelation, Q
from django.utils import timezone
from pgvector.django import VectorField

from catalog.models import ProductImage
from catalog.photos.copies import PICTURE, PIXELS

DIMENSION = 128
# A photo that failed is tried again this often, and no sooner than this.
MAX_TRIES = 3
RETRY_AFTER = timedelta(minutes=5)


class Encoder(models.Model):
    """One trained network. Exactly one is active; each has its own partition."""

    class State(models.TextChoices):
        LOADING = "loading", "Loading"
        READY = "ready", "Ready"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    version = models.CharField(max_length=64, unique=True)
    folder = models.CharField(
        max_length=500,
        help_text="Folder of its files; relative ones start at the project's folder",
    )
    sha256 = models.CharField(max_length=64)
    dimension = models.PositiveSmallIntegerField(default=DIMENSION)
    metrics = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.LOADING)
    created = models.DateTimeField(auto_now_add=True)
    replaced = models.DateTimeField(
        null=True, editable=False, help_text="When it was last the active one"
    )

    class Meta:
        ordering = ["-created"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="active"),
                name="one_active_encoder",
            )
        ]

    def __str__(self) -> str:
        return self.version


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def of_first_photos(self, encoder: Encoder) -> Self:
        """One of each product: its first photo that the encoder has seen."""
        product = "image__product_id"  # without _id it is sorted by Product.Meta
        own = self.filter(encoder=encoder).distinct(product)
        return own.order_by(product, "image__position", "image_id")


class Embedding(models.Model):
    """A photo's unit vector under one encoder.

    Partitioned by encoder (`search.index.partitions`): a change of price never touches
    the HNSW index, and a retired encoder's vectors go with one DROP TABLE.
    """

    pk = models.CompositePrimaryKey("encoder", "image")
    encoder = models.ForeignKey(
        Encoder, on_delete=models.CASCADE, related_name="embeddings"
    )
    image = models.ForeignKey(
        ProductImage, on_delete=models.CASCADE, related_name="embeddings"
    )
    vector = VectorField(dimensions=DIMENSION)

    objects = EmbeddingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Photo {self.image_id} by encoder {self.encoder_id}"


class EmbeddingFailure(models.Model):
    """Why a photo has no vector. Gone as soon as it has one or is replaced."""

    image = models.ForeignKey(
        ProductImage, on_delete=models.CASCADE, related_name="embedding_failures"
    )
    encoder = models.ForeignKey(
        Encoder, on_delete=models.CASCADE, related_name="failures"
    )
    reason = models.CharField(max_length=500)
    tries = models.PositiveSmallIntegerField(default=1)
    last_try = models.DateTimeField()

    class Meta:
        ordering = ["-last_try"]
        constraints = [
            models.UniqueConstraint(
                fields=["image", "encoder"], name="one_failure_per_photo_and_encoder"
            )
        ]

    def __str__(self) -> str:
        return f"Photo {self.image_id}: {self.reason}"


class PhotoQuerySet(models.QuerySet["ProductImage"]):
    """What an encoder has and has not seen. Pending work is a query, not a flag."""

    def without_vector(self, encoder: Encoder) -> Self:
        # A joined condition, not NOT IN: an anti join stays fast at a million rows
        # and works where the embeddings are spread over nodes.
        return self.annotate(
            seen=FilteredRelation(
                "embeddings", condition=Q(embeddings__encoder=encoder)
            ),
            failure=FilteredRelation(
                "embedding_failures", condition=Q(embedding_failures__encoder=encoder)
            ),
        ).filter(seen__vector__isnull=True)

    def pending(self, encoder: Encoder) -> Self:
        return self.without_vector(encoder).filter(failure__id__isnull=True)

    def failed(self, encoder: Encoder) -> Self:
        return self.without_vector(encoder).filter(failure__id__isnull=False)

    def due(self, encoder: Encoder) -> Self:
        """Pending, and the failed whose next try has come."""
        again = Q(
            failure__tries__lt=MAX_TRIES,
            failure__last_try__lt=timezone.now() - RETRY_AFTER,
        )
        return self.without_vector(encoder).filter(Q(failure__id__isnull=True) | again)


class Photo(ProductImage):
    """A product photo as the index sees it."""

    objects = PhotoQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        proxy = True


class RecallMeasurement(models.Model):
    """How well the HNSW index did against exact search (`search.query.recall`)."""

    encoder = models.ForeignKey(
        Encoder, on_delete=models.CASCADE, related_name="measurements"
    )
    created = models.DateTimeField(auto_now_add=True)
    rows = models.PositiveIntegerField(help_text="Vectors in the index")
    sample = models.PositiveIntegerField(help_text="Photos asked for")
    k = models.PositiveSmallIntegerField()
    recall_mean = models.FloatField("mean recall")
    recall_p5 = models.FloatField("recall, 5th percentile")
    index_p50_ms = models.FloatField("index, median (ms)")
    index_p95_ms = models.FloatField("index, 95th percentile (ms)")
    exact_p50_ms = models.FloatField("exact, median (ms)")
    exact_p95_ms = models.FloatField("exact, 95th percentile (ms)")

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"Recall@{self.k} of {self.encoder}: {self.recall_mean:.3f}"


class Event(models.Model):
    """What was shown or chosen, of which list and at which place; never by whom.

    A row holds a run of products from `position` on, so that the page that a shopper
    saw is one row; a click or an add to cart is a run of one.
    """

    class Kind(models.TextChoices):
        IMPRESSION = "impression", "Shown"
        CLICK = "click", "Click"
        CART = "cart", "Add to cart"

    class Listing(models.TextChoices):
        PHOTO = "photo", "Photo search"
        WORDS = "words", "Words"
        SIMILAR = "similar", "Similar items"
        GOES_WITH = "goes_with", "Goes with it"
        LOOKED_AT = "looked_at", "Because you looked at"

    kind = models.CharField(max_length=10, choices=Kind)
    listing = models.CharField(max_length=9, choices=Listing)
    query = models.CharField(max_length=64, help_text="Id of the list")
    position = models.PositiveSmallIntegerField(help_text="Of the first, from 1")
    # Ids without foreign keys: what happened stays true when a product goes.
    products = ArrayField(models.BigIntegerField())
    asked_from = models.BigIntegerField(
        null=True, help_text="Product that the list was found for"
    )
    encoder = models.CharField(max_length=64, blank=True, help_text="Its version")
    client_id = models.UUIDField(
        null=True, editable=False, help_text="Of who sent it: sent twice, kept once"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [BrinIndex(fields=["created"], name="event_created_brin")]
        constraints = [
            models.UniqueConstraint(
                fields=["client_id"],
                condition=Q(client_id__isnull=False),
                name="event_once_by_client_id",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.position} of {self.query}"


class FoundNothing(models.Model):
    """A search without an answer. The words are what was typed; of a photo nothing is
    known but when it was asked with and the filters."""

    listing = models.CharField(max_length=9, choices=Event.Listing)
    words = models.CharField(max_length=200, blank=True)
    filters = models.JSONField(default=list, help_text="(name, value) pairs")
    encoder = models.CharField(max_length=64, blank=True)
    created = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-created"]
        verbose_name_plural = "searches that found nothing"

    def __str__(self) -> str:
        return self.words or self.get_listing_display()


class DuplicateGroupQuerySet(models.QuerySet["DuplicateGroup"]):
    def standing(self) -> Self:
        """Those of which more than one photo is left, the newest first."""
        counted = self.annotate(photo_count=models.Count("photos"))
        return counted.filter(photo_count__gt=1).order_by("-found", "-id")


class DuplicateGroup(models.Model):
    """Photos that may be of one item, as last found (`search.query.duplicates`).

    A group dismissed by a person stays so until another photo joins it.
    """

    class Kind(models.TextChoices):
        PIXELS = PIXELS, "Same pixels"
        PICTURE = PICTURE, "Same picture"
        LOOKS = "looks", "Looks alike"

    kind = models.CharField(max_length=7, choices=Kind)
    photos = models.ManyToManyField(ProductImage, related_name="duplicate_groups")
    key = models.CharField(
        max_length=72, unique=True, editable=False, help_text="Of kind and photos"
    )
    found = models.DateTimeField(auto_now_add=True)
    dismissed = models.DateTimeField(null=True, editable=False)

    objects = DuplicateGroupQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, group {self.pk}"
