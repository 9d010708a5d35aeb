from collections.abc import Iterable
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchRank
from django.core.validators import URLValidator
from django.db import models
from django.db.models import (
    Case,
    Count,
    F,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.urls import reverse

from catalog.announcements.querysets import AnnouncedQuerySet
from catalog.photos.models import ProductImage
from catalog.prices.models import Priced, PricedQuerySet
from catalog.product_words.refresh import WordSource, words_version
from catalog.upkeep import tables  # noqa: F401  (so that Django finds them)
from catalog.variants import models as variants
from catalog.word_query.tsquery import TsQuery


class CategoryQuerySet(WordSource, models.QuerySet["Category"]):
    word_fields = {"name"}
    product_id = "products__pk"

    def with_product_counts(self) -> Self:
        """Order by name and annotate `product_count`, the number of published ones."""
        # By category from an index; a join would read every product.
        own = Product.objects.published().filter(category=OuterRef("pk")).order_by()
        counts = own.values("category").annotate(number=Count("pk")).values("number")
        number = Coalesce(Subquery(counts), Value(0))
        return self.annotate(product_count=number).order_by("name", "id")


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


class FoundIn(models.IntegerChoices):
    """Where words stand, the best place first."""

    PHRASE = 1, "phrase"  # together, in title and brand
    TITLE = 2, "title"  # or brand
    ATTRIBUTES = 3, "attributes"  # and category, with those before
    DESCRIPTION = 4, "description"  # and codes, with those before


class ProductQuerySet(  # type: ignore[override]
    AnnouncedQuerySet, PricedQuerySet, WordSource, models.QuerySet["Product"]
):
    word_fields = {
        *("title", "brand", "description", "category", "category_id"),
        *("colour", "material", "pattern", "gender", "age_group"),
    }

    def without_words(self) -> Self:
        """Return products whose words are missing or of another version."""
        return self.exclude(words__version=words_version())

    def published(self) -> Self:
        return self.filter(status=Product.Status.PUBLISHED)

    def in_trash(self) -> Self:
        return self.filter(trashed__isnull=False, status=Product.Status.ARCHIVED)

    def outside_trash(self) -> Self:
        return self.filter(Q(trashed=None) | ~Q(status=Product.Status.ARCHIVED))

    def without_variants(self) -> Self:
        return self.filter(variants=None)

    def with_skus(self, skus: Iterable[str]) -> Self:
        return self.filter(sku__in=skus)

    def matching(self, query: TsQuery) -> Self:
        """Return the products a query of `catalog.words` finds."""
        return self.filter(words__document=query)

    def best_of_newest(self, query: TsQuery, number: int) -> "ProductQuerySet":
        """Return so many of the newest matching products, best first."""
        newest = self.matching(query).order_by("-id").values("pk")[:number]
        return Product.objects.filter(pk__in=newest).best_first(query)

    def best_first(self, query: TsQuery) -> Self:
        """Order by where the words stand, then by stock, rank and age.

        Annotates `found_in`, a value of FoundIn, and `rank`.
        """
        document = "words__document"
        where = [
            When(**{document: query.within(weights)}, then=Value(found))
            for weights, found in (("A", FoundIn.TITLE), ("AB", FoundIn.ATTRIBUTES))
        ]
        if query.phrase:
            whole = query.within("A", phrase=True)
            where.insert(0, When(**{document: whole}, then=Value(FoundIn.PHRASE)))
        found_in = Case(*where, default=Value(FoundIn.DESCRIPTION))
        rank = SearchRank(F(document), query)
        annotated = self.annotate(found_in=found_in, rank=rank)
        return annotated.order_by("found_in", "-stocked", "-rank", "-id")

    def among(self, ids: Iterable[int]) -> Self:
        # As one text: it takes long to write thousands of parameters, or a list.
        text = f"{{{','.join(map(str, ids))}}}"
        return self.filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [text]))

    def in_other_colours(self, product: "Product") -> Self:
        """Return the other products of the same style."""
        if not product.group:
            return self.none()
        return self.filter(group=product.group).exclude(pk=product.pk).order_by("id")

    def of_groups(self, groups: Iterable[str]) -> Self:
        """Return the products of these styles."""
        return self.filter(group__in=groups).order_by("id")

    def with_photos(self) -> Self:
        """Load categories and photos in two queries; `cover` then needs none."""
        return self.select_related("category").prefetch_related(
            Prefetch("images", ProductImage.objects.order_by("position", "id"))
        )


class Product(Priced):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        ARCHIVED = "archived", "Archived"

    class Gender(models.TextChoices):
        FEMALE = "female", "Women"
        MALE = "male", "Men"
        UNISEX = "unisex", "Unisex"

    class AgeGroup(models.TextChoices):
        NEWBORN = "newborn", "Newborn"
        INFANT = "infant", "Infant"
        TODDLER = "toddler", "Toddler"
        KIDS = "kids", "Kids"
        ADULT = "adult", "Adult"

    Availability = variants.Availability

    sku = models.CharField(
        "SKU", max_length=64, unique=True, validators=[variants.SKU_VALIDATOR]
    )
    slug = models.SlugField(max_length=160, unique=True)
    title = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    brand = models.CharField(max_length=80, blank=True)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="products"
    )
    group = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="The same text for one style in several colours",
    )
    colour = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="In your words"
    )
    material = models.CharField(max_length=80, blank=True, default="", db_default="")
    pattern = models.CharField(max_length=60, blank=True, default="", db_default="")
    gender = models.CharField(
        max_length=6, choices=Gender, blank=True, default="", db_default=""
    )
    age_group = models.CharField(
        max_length=7, choices=AgeGroup, blank=True, default="", db_default=""
    )
    link = models.CharField(
        max_length=2000,
        blank=True,
        default="",
        db_default="",
        validators=[URLValidator(["http", "https"])],
        help_text="The page where it can be bought",
    )
    # Availability and stock are those of the variants, see catalog.variants.stock.
    availability = models.CharField(
        max_length=12,
        choices=Availability,
        default=Availability.IN_STOCK,
        db_default=Availability.IN_STOCK,
    )
    stock = models.PositiveIntegerField("quantity", default=0, null=True, blank=True)
    # Sizes that can be had.
    sizes = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=[],
        blank=True,
        editable=False,
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
    # Fields that a person changed, which feeds leave as they are.
    locked = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=[],
        blank=True,
        editable=False,
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
            models.Index(
                fields=["status", "effective_price_cents", "-id"],
                name="product_effective_price",
            ),
            models.Index(fields=["status", "category", "-id"], name="product_category"),
            models.Index(
                fields=["status", "category", "effective_price_cents", "-id"],
                name="product_category_effective",
            ),
            models.Index(
                fields=["group"], condition=~Q(group=""), name="product_group"
            ),
            models.Index(
                fields=["sale_starts", "sale_ends"],
                condition=Q(sale_price_cents__isnull=False) | Q(on_sale=True),
                name="product_sales",
            ),
            GinIndex(fields=["sizes"], name="product_sizes"),
            models.Index(
                fields=["status", "material"],
                condition=~Q(material=""),
                name="product_materials",
            ),
            models.Index(
                fields=["status", "pattern"],
                condition=~Q(pattern=""),
                name="product_patterns",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("storefront:product", args=[self.slug])

    @property
    def in_stock(self) -> bool:
        return variants.is_in_stock(self.availability, self.stock)

    @property
    def sold_out(self) -> bool:
        return variants.is_sold_out(self.availability, self.stock)

    @property
    def cover(self) -> ProductImage | None:
        """Return the first photo, without a query after `with_photos()`."""
        return next(iter(self.images.all()), None)


class FeedProduct(models.Model):
    """The feed of an imported product; products made by hand have none."""

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="fed"
    )
    # The last feed that contained it.
    feed = models.CharField(max_length=80, db_index=True)
    # Of its rows when they were last imported.
    digest = models.CharField(max_length=32, default="", db_default="")
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
    # Shows without reading whether the photo changed, see catalog.feeds.photos.reader;
    # JSON's null: read it again.
    version = models.JSONField()

    def __str__(self) -> str:
        return self.link
