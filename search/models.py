from datetime import timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import FilteredRelation, Q
from django.utils import timezone
from pgvector.django import VectorField

from catalog.models import ProductImage
from catalog.photos.copies import PICTURE, PIXELS

DIMENSION = 128
# A photo that failed is tried so often, and no sooner than after this time.
MAX_TRIES = 3
RETRY_AFTER = timedelta(minutes=5)


class Encoder(models.Model):
    """A trained network. Exactly one is active; each has a partition of its own."""

    class State(models.TextChoices):
        LOADING = "loading", "Loading"
        READY = "ready", "Ready"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    version = models.CharField(max_length=64, unique=True)
    folder = models.CharField(
        max_length=500,
        help_text="Folder of its files, absolute or relative to the project's folder",
    )
    sha256 = models.CharField(max_length=64)
    dimension = models.PositiveSmallIntegerField(default=DIMENSION)
    metrics = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.LOADING)
    # Here, because every search reads this row anyway.
    weights = models.JSONField(
        default=dict,
        blank=True,
        help_text="How much each part of its vectors counts in this shop, if not 1",
    )
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


class WordMap(models.Model):
    """What words look like under an encoder, learnt from this shop every night."""

    encoder = models.OneToOneField(
        Encoder, on_delete=models.CASCADE, related_name="word_map"
    )
    language = models.CharField(max_length=40)
    words = ArrayField(models.CharField(max_length=64), help_text="Lexemes")
    vectors = models.BinaryField()  # (words, DIMENSION) float16
    mean = models.BinaryField()  # (DIMENSION,) float32
    products = models.PositiveIntegerField(help_text="Products it was learnt from")
    created = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{len(self.words)} words for {self.encoder}"


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def of_first_photos(self, encoder: Encoder) -> Self:
        """Return one row for each product: that of its first photo with a vector."""
        product = "image__product_id"  # without _id it is sorted by Product.Meta
        own = self.filter(encoder=encoder).distinct(product)
        return own.order_by(product, "image__position", "image_id")


class Embedding(models.Model):
    """A photo's unit vector under one encoder.

    The table is partitioned by encoder (`search.index.partitions`): a retired encoder's
    vectors go with one DROP TABLE. It is apart from the product's, so that a change of
    price does not touch the HNSW index.
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
    """Why a photo has no vector; deleted once it has one or is replaced."""

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
    """Photos by the state of their embedding: pending work is a query, not a flag."""

    def without_vector(self, encoder: Encoder) -> Self:
        # A joined condition instead of NOT IN: an anti join is fast for a million rows,
        # and works if the embeddings are spread over the nodes of a cluster.
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
        again = Q(
            failure__tries__lt=MAX_TRIES,
            failure__last_try__lt=timezone.now() - RETRY_AFTER,
        )
        return self.without_vector(encoder).filter(Q(failure__id__isnull=True) | again)


class Photo(ProductImage):
    """A product photo with the queries of the index."""

    objects = PhotoQuerySet.as_manager()  # type: ignore[assignment,misc]

    class Meta:
        proxy = True


class UrgentPhoto(models.Model):
    """A photo saved by itself, by a person, that waits for its vector.

    Those stored in bulk, by feeds and folders, have no such row and wait longer.
    """

    image = models.OneToOneField(
        ProductImage, on_delete=models.CASCADE, primary_key=True, related_name="urgent"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created", "image_id"]

    def __str__(self) -> str:
        return f"Photo {self.image_id}"


class IndexPause(models.Model):
    """While there is a row, workers embed nothing; photos are stored and wait."""

    since = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True
    )

    def __str__(self) -> str:
        return f"Paused since {self.since}"


class RecallMeasurement(models.Model):
    """The recall of the HNSW index against exact search (`search.query.recall`)."""

    encoder = models.ForeignKey(
        Encoder, on_delete=models.CASCADE, related_name="measurements"
    )
    created = models.DateTimeField(auto_now_add=True)
    rows = models.PositiveIntegerField(help_text="Vectors in the index")
    sample = models.PositiveIntegerField(help_text="Photos searched with")
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
    """Products shown, clicked or added to the cart; never by whom.

    A row holds the products of a list from `position` on, so that a page seen by a
    shopper is one row. A click or an add to cart has one product.
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
        RECENTLY_VIEWED = "looked_at", "Recently viewed"

    kind = models.CharField(max_length=10, choices=Kind)
    listing = models.CharField(max_length=9, choices=Listing)
    query = models.CharField(max_length=64, help_text="Id of the list")
    position = models.PositiveSmallIntegerField(
        help_text="Position of the first product, from 1"
    )
    # Ids instead of foreign keys: events outlive their products.
    products = ArrayField(models.BigIntegerField())
    asked_from = models.BigIntegerField(
        null=True, help_text="Product that the list was found for"
    )
    encoder = models.CharField(
        max_length=64, blank=True, help_text="Version of the encoder"
    )
    client_id = models.UUIDField(
        null=True, editable=False, help_text="The client's id, to record it once"
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
            ),
            models.UniqueConstraint(
                fields=["query", "kind", "products"],
                condition=Q(kind__in=["click", "cart"]),
                name="event_once_by_list",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.position} of {self.query}"


class EmptySearchQuerySet(models.QuerySet["EmptySearch"]):
    def hide_words(self, hidden: bool = True) -> int:
        """Hide all searches for the words of these, also later ones, or show them."""
        words = set(self.values_list("words", flat=True))
        return EmptySearch.objects.filter(words__in=words).update(hidden=hidden)


class EmptySearch(models.Model):
    """Equal searches of one day without results. No row has anything of a photo."""

    listing = models.CharField(max_length=9, choices=Event.Listing)
    words = models.CharField(max_length=200, blank=True)
    filters = models.JSONField(default=list, help_text="(name, value) pairs")
    encoder = models.CharField(max_length=64, blank=True)
    times = models.PositiveIntegerField(default=1)
    day = models.DateField()
    hidden = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Nothing to do about these words, on any day",
    )
    created = models.DateTimeField(
        default=timezone.now, db_index=True, help_text="Time of the last one"
    )

    objects = EmptySearchQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]
        verbose_name = "search without results"
        verbose_name_plural = "searches without results"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "listing", "words", "filters", "encoder"],
                name="empty_search_once_a_day",
            )
        ]
        indexes = [
            models.Index(
                fields=["words"], condition=Q(hidden=True), name="hidden_empty_search"
            )
        ]

    def __str__(self) -> str:
        return self.words or self.get_listing_display()


class DuplicateGroupQuerySet(models.QuerySet["DuplicateGroup"]):
    def standing(self) -> Self:
        """Return the groups that still have several photos, the newest first."""
        counted = self.annotate(photo_count=models.Count("photos"))
        return counted.filter(photo_count__gt=1).order_by("-found", "-id")


class DuplicateGroup(models.Model):
    """Photos that may show one item, as last found (`search.query.duplicates`).

    A dismissed group stays dismissed until another photo joins it.
    """

    class Kind(models.TextChoices):
        PIXELS = PIXELS, "Same pixels"
        PICTURE = PICTURE, "Same picture"
        LOOKS = "looks", "Looks alike"

    kind = models.CharField(max_length=7, choices=Kind)
    photos = models.ManyToManyField(ProductImage, related_name="duplicate_groups")
    key = models.CharField(
        max_length=72,
        unique=True,
        editable=False,
        help_text="Hash of the kind and the photos",
    )
    found = models.DateTimeField(auto_now_add=True)
    dismissed = models.DateTimeField(null=True, editable=False)

    objects = DuplicateGroupQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, group {self.pk}"
