from collections.abc import Iterable
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models, transaction

from catalog.product_words.refresh import postpone_words
from catalog.variants.stock import lock_products, refresh_stock

# A product is found by them.
CODES = {"sku", "gtin", "product", "product_id"}
# Addresses of the API contain it, and clients resolve . and .. in a path.
SKU_VALIDATOR = RegexValidator(
    r"^(?!(.*/)?\.\.?(/.*)?\Z)[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z",
    "Use printable characters, and not . or .. alone or between slashes.",
)


class Availability(models.TextChoices):
    IN_STOCK = "in_stock", "In stock"
    OUT_OF_STOCK = "out_of_stock", "Out of stock"
    PREORDER = "preorder", "Preorder"
    BACKORDER = "backorder", "Backorder"


def is_in_stock(availability: str, quantity: int | None) -> bool:
    return availability == Availability.IN_STOCK and quantity != 0


def is_sold_out(availability: str, quantity: int | None) -> bool:
    orderable = (Availability.PREORDER, Availability.BACKORDER)
    return not is_in_stock(availability, quantity) and availability not in orderable


class VariantQuerySet(models.QuerySet["Variant"]):
    """Whatever changes rows refreshes the stock of their products."""

    def with_skus(self, skus: Iterable[str]) -> Self:
        return self.filter(sku__in=skus)

    def update(self, **values: Any) -> int:
        with transaction.atomic(using=self.db):
            rows = list(self.order_by().values_list("pk", "product"))
            products = {product for _, product in rows}
            for name in ("product", "product_id"):  # sizes may move to another one
                if value := values.get(name):
                    products.add(getattr(value, "pk", value))
            lock_products(products)
            count = super().update(**values)
            kept = self.model.objects.filter(pk__in=[pk for pk, _ in rows])
            products |= set(kept.values_list("product", flat=True))
            refresh_stock(products)
            if CODES & values.keys():
                postpone_words(products)
        return count

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        variants = list(objs)
        products = {each.product_id for each in variants}
        with transaction.atomic(using=self.db):
            lock_products(products)
            made = super().bulk_create(variants, *args, **options)
            refresh_stock(products)
            postpone_words(products)
        return made

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic(using=self.db):
            products = set(self.order_by().values_list("product", flat=True))
            lock_products(products)
            deleted = super().delete()
            refresh_stock(products)
            postpone_words(products)
        return deleted

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class Variant(models.Model):
    """What is bought of a product: a size of it, or the whole where it has none.

    The availability and stock of products are those of their variants, written by
    `catalog.variants.stock`.
    """

    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, related_name="variants"
    )
    sku = models.CharField(
        "SKU", max_length=64, unique=True, validators=[SKU_VALIDATOR]
    )
    size = models.CharField(max_length=40, blank=True)
    gtin = models.CharField(
        "GTIN",
        max_length=14,
        blank=True,
        validators=[RegexValidator(r"^([0-9]{8}|[0-9]{12,14})\Z", "8 to 14 digits.")],
    )
    availability = models.CharField(
        max_length=12, choices=Availability, default=Availability.IN_STOCK
    )
    quantity = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How many there are. Empty: unknown; 0: sold out, or to be ordered",
    )
    # NULL: the product's.
    price_cents = models.PositiveIntegerField("own price", null=True, blank=True)
    sale_price_cents = models.PositiveIntegerField(
        "own sale price", null=True, blank=True
    )
    position = models.PositiveSmallIntegerField(default=0)
    # Fields that a person changed, which feeds leave as they are.
    locked = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=[],
        blank=True,
        editable=False,
    )

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.sku} ({self.size})" if self.size else self.sku

    def save(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            known = Variant.objects.filter(pk=self.pk)
            stored = known.values_list("product", "sku", "gtin").first()
            products = {self.product_id, *(stored or ())[:1]}
            lock_products(products)
            super().save(*args, **options)
            refresh_stock(products)
            if stored != (self.product_id, self.sku, self.gtin):
                postpone_words(products)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            lock_products([self.product_id])
            deleted = super().delete(*args, **options)
            refresh_stock([self.product_id])
            postpone_words([self.product_id])
        return deleted

    @property
    def current_price_cents(self) -> int:
        """Return its own price, or its product's, reduced while the sale is on."""
        product: Any = self.product
        if self.price_cents is None and self.sale_price_cents is None:
            return product.current_price_cents
        price = product.price_cents if self.price_cents is None else self.price_cents
        if not product.on_sale or self.sale_price_cents is None:
            return price
        return min(self.sale_price_cents, price)

    @property
    def in_stock(self) -> bool:
        return is_in_stock(self.availability, self.quantity)

    @property
    def sold_out(self) -> bool:
        return is_sold_out(self.availability, self.quantity)
