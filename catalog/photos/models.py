from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from pgvector.django import BitField

from catalog.photos.colours import COLOUR_NAMES, MAX_COLOURS
from catalog.photos.fingerprints import HASH_BITS
from catalog.photos.thumbnails import Rendition, Thumbnail, renditions
from catalog.product_words.refresh import WordSource


class ProductImageQuerySet(WordSource, models.QuerySet["ProductImage"]):
    word_fields = {"colours", "kind", "pattern", "product", "product_id"}
    product_id = "product_id"


class ProductImage(models.Model):
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, related_name="images"
    )
    file = models.ImageField(
        "photo", max_length=200, width_field="width", height_field="height"
    )
    alt_text = models.CharField(
        max_length=160, blank=True, help_text="What the photo shows, for screen readers"
    )
    position = models.PositiveSmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64, editable=False)  # of the decoded pixels
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    colours = ArrayField(
        models.CharField(max_length=16, choices=[(n, n) for n in COLOUR_NAMES]),
        size=MAX_COLOURS,
        default=list,
        blank=True,
        help_text="The garment's, the main one first; empty: not looked at yet",
    )
    # What the encoder is sure of, or what somebody has chosen.
    kind = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="Of garment; empty: not sure",
    )
    pattern = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="As the kind"
    )
    attributes_chosen = models.BooleanField(
        default=False, db_default=False, editable=False
    )
    # By a person: then embedding the photo does not name them again.
    colours_chosen = models.BooleanField(db_default=False, editable=False)
    # For finding copies, see catalog.photos.fingerprints; NULL until examined.
    picture_hash = BitField(length=HASH_BITS, null=True, editable=False)
    picture_tint = models.BinaryField(null=True)
    # Whether a worker has been at the renditions, see catalog.photos.renditions.
    drawn = models.BooleanField(default=False, db_default=False, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = ProductImageQuerySet.as_manager()

    # The row before a new file was saved, see catalog.signals.
    _replaced: "ProductImage | None" = None
    _former_product: int | None = None

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "sha256"],
                name="photo_once_per_product",
                violation_error_message="This product already has this photo.",
            )
        ]
        indexes = [
            GinIndex(fields=["colours"], name="photo_colours_gin"),
            models.Index(fields=["kind"], name="photo_kind"),
            models.Index(fields=["pattern"], name="photo_pattern"),
            models.Index(fields=["sha256"], name="photo_sha256"),
            models.Index(
                fields=["-id"], condition=models.Q(drawn=False), name="photo_undrawn"
            ),
        ]

    def __str__(self) -> str:
        return self.alt_text or f"Photo {self.pk}"

    @property
    def renditions(self) -> list[Rendition]:
        return renditions(str(self.file), (self.width, self.height))

    @property
    def small(self) -> Thumbnail:
        return Thumbnail(self.file.name or "", "small")

    @property
    def card(self) -> Thumbnail:
        return Thumbnail(self.file.name or "", "card")

    @property
    def large(self) -> Thumbnail:
        return Thumbnail(self.file.name or "", "large")
