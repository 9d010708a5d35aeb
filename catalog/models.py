from collections.abc import Iterable
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery, SearchRank
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, Count, F, Prefetch, Q, Value, When
from django.urls import reverse
from pgvector.django import BitField

from catalog.money import amount
from catalog.photos.colours import COLOUR_NAMES, MAX_COLOURS
from catalog.photos.fingerprints import HASH_BITS
from catalog.photos.thumbnails import Thumbnail
from catalog.product_words.models import Word  # noqa: F401  (so that Django finds it)
from catalog.product_words.refresh import WordSource
from catalog.upkeep.models import UpkeepRun  # noqa: F401  (so that Django finds it)


class CategoryQuerySet(WordSource, models.QuerySet["Category"]):
    word_fields = {"name"}
    product_id = "products__pk"

    def with_product_counts(self) -> Self:
        """Order by name and annotate `product_count`, the number of published ones."""
        published = Q(products__status=Product.Status.PUBLISHED)
        counted = self.annotate(product_count=Count("products", filter=published))
        return counted.order_by("name", "id")  # grouping drops Meta.ordering


class Category(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)

    objects = CategoryQuerySet.as_manager()

    _renamed = False  # by the save that is going on

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('storefront:home')}?category={self.slug}"


class ProductQuerySet(WordSource, models.QuerySet["Product"]):
    word_fields = {"title", "brand", "description", "category", "category_id"}

    def without_words(self) -> Self:
        return self.filter(words=None)

    def published(self) -> Self:
        return self.filter(status=Product.Status.PUBLISHED)

    def with_skus(self, skus: Iterable[str]) -> Self:
        return self.filter(sku__in=skus)

    def matching(self, query: SearchQuery | CombinedSearchQuery) -> Self:
        """Return the products a query of `catalog.words` finds."""
        return self.filter(words__document=query)

    def best_of_newest(
        self, query: SearchQuery | CombinedSearchQuery, number: int
    ) -> "ProductQuerySet":
        """Return so many of the newest matching products, best first."""
        newest = self.matching(query).order_by("-id").values("pk")[:number]
        ranked = Product.objects.filter(pk__in=newest)
        rank = SearchRank(F("words__document"), query)
        return ranked.alias(rank=rank).order_by("-rank", "-id")

    def with_photos(self) -> Self:
        """Load categories and photos in two queries; `cover` then needs none."""
        return self.select_related("category").prefetch_related(
            Prefetch("images", ProductImage.objects.order_by("position", "id"))
        )


class Product(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        ARCHIVED = "archived", "Archived"

    class Availability(models.TextChoices):
        IN_STOCK = "in_stock", "In stock"
        OUT_OF_STOCK = "out_of_stock", "Out of stock"
        PREORDER = "preorder", "Preorder"
        BACKORDER = "backorder", "Backorder"

    sku = models.CharField(
        "SKU",
        max_length=64,
        unique=True,
        # Addresses of the API contain it, and clients resolve . and .. in a path.
        validators=[
            RegexValidator(
                r"^(?!(.*/)?\.\.?(/.*)?\Z)[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z",
                "Use printable characters, and not . or .. alone or between slashes.",
            )
        ],
    )
    slug = models.SlugField(max_length=160, unique=True)
    title = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    brand = models.CharField(max_length=80, blank=True)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="products"
    )
    price_cents = models.PositiveIntegerField(
        "price in cents", help_text="1990 is 19.90"
    )
    currency = models.CharField(
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Three capital letters: EUR.")],
    )
    availability = models.CharField(
        max_length=12,
        choices=Availability,
        default=Availability.IN_STOCK,
        db_default=Availability.IN_STOCK,
    )
    stock = models.PositiveIntegerField(
        "quantity",
        default=0,
        null=True,
        blank=True,
        help_text="How many there are. Empty: unknown; 0: sold out, or to be ordered",
    )
    # `in_stock` for queries.
    stocked = models.GeneratedField(
        expression=Case(
            When(Q(availability="in_stock") & ~Q(stock=0), then=Value(True)),
            default=Value(False),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.PUBLISHED)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        # Lists read their first page in the order of an index, however many match.
        indexes = [
            models.Index(fields=["status", "brand"], name="product_brands"),
            models.Index(fields=["status", "created", "id"], name="product_newest"),
            models.Index(fields=["status", "price_cents", "-id"], name="product_price"),
            models.Index(fields=["status", "category", "-id"], name="product_category"),
            models.Index(
                fields=["status", "category", "price_cents", "-id"],
                name="product_category_price",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("storefront:product", args=[self.slug])

    @property
    def price_display(self) -> str:
        return f"{amount(self.price_cents, self.currency)} {self.currency}"

    @property
    def in_stock(self) -> bool:
        return self.availability == self.Availability.IN_STOCK and self.stock != 0

    @property
    def sold_out(self) -> bool:
        orderable = (self.Availability.PREORDER, self.Availability.BACKORDER)
        return not self.in_stock and self.availability not in orderable

    @property
    def cover(self) -> "ProductImage | None":
        """Return the first photo, without a query after `with_photos()`."""
        return next(iter(self.images.all()), None)


class ProductImageQuerySet(WordSource, models.QuerySet["ProductImage"]):
    word_fields = {"colours", "product", "product_id"}
    product_id = "product_id"


class ProductImage(models.Model):
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="images"
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
    # For finding copies, see catalog.photos.fingerprints; NULL until examined.
    picture_hash = BitField(length=HASH_BITS, null=True, editable=False)
    picture_tint = models.BinaryField(null=True)
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
            models.Index(fields=["sha256"], name="photo_sha256"),
        ]

    def __str__(self) -> str:
        return self.alt_text or f"Photo {self.pk}"

    @property
    def small(self) -> Thumbnail:
        return Thumbnail(self.file.name or "", "small")

    @property
    def card(self) -> Thumbnail:
        return Thumbnail(self.file.name or "", "card")

    @property
    def large(self) -> Thumbnail:
        return Thumbnail(self.file.name or "", "large")


class FeedProduct(models.Model):
    """The feed of an imported product; products made by hand have none."""

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="fed"
    )
    # The last feed that contained it.
    feed = models.CharField(max_length=80, db_index=True)
    # By the feed, because the product left it or its source does not show it.
    archived = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.product_id} of {self.feed}"


class FeedPhoto(models.Model):
    """A link in a feed to a photo; several links may lead to the same photo."""

    image = models.ForeignKey(
        ProductImage, on_delete=models.CASCADE, related_name="links"
    )
    link = models.TextField()
    # Shows whether the photo changed without reading it, see catalog.feeds.photos;
    # JSON's null: read it again.
    version = models.JSONField()

    def __str__(self) -> str:
        return self.link
