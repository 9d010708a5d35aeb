from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Case, F, Q, When

from catalog.money import amount, shop_currency
from catalog.prices.sales import SALE_FIELDS, apply_sales, is_on_sale


class PricedQuerySet(models.QuerySet):
    """Whatever changes a sale says whether it is on."""

    def update(self, **values: Any) -> int:
        if not SALE_FIELDS & values.keys():
            return super().update(**values)
        with transaction.atomic(using=self.db):
            rows = list(self.order_by().values_list("pk", flat=True))
            count = super().update(**values)
            apply_sales(rows)
        return count

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        rows = list(objs)
        for row in rows:
            row.set_on_sale()
        return super().bulk_create(rows, *args, **options)

    bulk_create.alters_data = True  # type: ignore[attr-defined]


class Priced(models.Model):
    """The price of a product, and of its sale."""

    price_cents = models.PositiveIntegerField("price")
    sale_price_cents = models.PositiveIntegerField("sale price", null=True, blank=True)
    sale_starts = models.DateTimeField(null=True, blank=True)
    sale_ends = models.DateTimeField(null=True, blank=True)
    # Whether now is between these, kept by catalog.prices.sales.
    on_sale = models.BooleanField(default=False, db_default=False, editable=False)
    # `current_price_cents` for queries.
    effective_price_cents = models.GeneratedField(
        expression=Case(
            When(
                Q(on_sale=True) & Q(sale_price_cents__lt=F("price_cents")),
                then=F("sale_price_cents"),
            ),
            default=F("price_cents"),
        ),
        output_field=models.PositiveIntegerField(),
        db_persist=True,
    )
    currency = models.CharField(
        max_length=3,
        default=shop_currency,
        editable=False,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Three capital letters: EUR.")],
    )

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        self.set_on_sale()
        fields = options.get("update_fields")
        if fields is not None and SALE_FIELDS & {*fields}:
            options["update_fields"] = {*fields, "on_sale"}
        super().save(*args, **options)

    def clean(self) -> None:
        super().clean()
        if self.sale_starts and self.sale_ends and self.sale_ends <= self.sale_starts:
            raise ValidationError({"sale_ends": "The sale ends before it starts."})
        price: int | None = self.price_cents  # None if it is not a number
        sale_price = self.sale_price_cents
        if price is not None and sale_price is not None and sale_price >= price:
            message = "The sale price is not lower than the price."
            raise ValidationError({"sale_price_cents": message})

    def set_on_sale(self) -> None:
        self.on_sale = is_on_sale(
            self.sale_price_cents, self.sale_starts, self.sale_ends
        )

    @property
    def is_reduced(self) -> bool:
        return self.current_price_cents < self.price_cents

    @property
    def current_price_cents(self) -> int:
        sale_price = self.sale_price_cents if self.on_sale else None
        return (
            self.price_cents
            if sale_price is None
            else min(sale_price, self.price_cents)
        )

    @property
    def price_display(self) -> str:
        return f"{amount(self.current_price_cents, self.currency)} {self.currency}"
