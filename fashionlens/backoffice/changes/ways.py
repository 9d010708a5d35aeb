"""What a person can choose to change of many products, and the field for its value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from catalog.bulk.change import CHOICES, MAX_QUANTITY, TEXTS, Change
from catalog.models import Category, Product
from catalog.money import amount, shop_currency
from catalog.prices.forms import PriceField


class SignedPriceField(PriceField):
    """An amount such as -5.00 or +2,50."""

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip().replace("\u2212", "-")
        cents = super().to_python(text.lstrip("+-"))
        return -cents if cents is not None and text.startswith("-") else cents


@dataclass(frozen=True)
class Way:
    label: str
    field: str
    way: str
    make_field: Callable[[], forms.Field] | None = None
    show: Callable[[Any], str] = str

    def change(self, value: Any) -> Change:
        plain = value.pk if isinstance(value, Category) else value
        return Change(self.field, self.way, str(plain) if self._is_exact else plain)

    @property
    def _is_exact(self) -> bool:
        return self.way == "percent"

    def describe(self, value: Any) -> str:
        shown = self.show(value) if self.make_field else ""
        return f"{self.label}: {shown}" if shown else self.label


def _percent() -> forms.Field:
    return forms.DecimalField(
        label="Percent",
        min_value=-100,
        max_value=1000,
        decimal_places=2,
        help_text="-10 lowers by a tenth, 5 raises by a twentieth.",
    )


def _price() -> forms.Field:
    return PriceField(label=f"Price ({shop_currency()})")


def _amount() -> forms.Field:
    return SignedPriceField(
        label=f"Amount ({shop_currency()})", help_text="-5.00 lowers, 2.50 raises."
    )


def _quantity(lowest: int) -> Callable[[], forms.Field]:
    return lambda: forms.IntegerField(
        label="Quantity of each size", min_value=lowest, max_value=MAX_QUANTITY
    )


def _category() -> forms.Field:
    return forms.ModelChoiceField(Category.objects.all(), label="Category")


def _text(name: str) -> Callable[[], forms.Field]:
    column: Any = Product._meta.get_field(name)
    return lambda: forms.CharField(
        label=name.capitalize(),
        max_length=column.max_length,
        required=False,
        help_text="Empty: none",
    )


def _choice(name: str) -> Callable[[], forms.Field]:
    column: Any = Product._meta.get_field(name)
    choices = [*([("", "None")] if column.blank else []), *column.choices]
    return lambda: forms.ChoiceField(
        label=column.verbose_name.capitalize(),
        choices=choices,
        required=not column.blank,
    )


def _signed(value: Any) -> str:
    return f"{value:+} %"


def _money(value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{amount(abs(value), shop_currency())} {shop_currency()}"


WAYS: dict[str, Way] = {
    "price-percent": Way(
        "Price, by percent", "price_cents", "percent", _percent, _signed
    ),
    "price-amount": Way(
        "Price, by an amount", "price_cents", "amount", _amount, _money
    ),
    "price-set": Way("Price", "price_cents", "set", _price, _money),
    "sale-percent": Way(
        "Sale price, by percent of the price",
        "sale_price_cents",
        "percent",
        _percent,
        _signed,
    ),
    "sale-set": Way("Sale price", "sale_price_cents", "set", _price, _money),
    "sale-clear": Way("End the sale", "sale_price_cents", "clear"),
    "stock-set": Way("Stock", "stock", "set", _quantity(0)),
    "stock-amount": Way(
        "Stock, by a number", "stock", "amount", _quantity(-MAX_QUANTITY)
    ),
    "status": Way("Status", "status", "set", _choice("status")),
    "category": Way("Category", "category", "set", _category),
    **{
        name: Way(name.capitalize(), name, "set", _text(name), lambda v: v or "none")
        for name in TEXTS
    },
    **{
        name: Way(name.capitalize().replace("_", " "), name, "set", _choice(name), str)
        for name in CHOICES
    },
}


class WayForm(forms.Form):
    what = forms.ChoiceField(
        label="What to change",
        choices=[("", "Choose"), *((key, way.label) for key, way in WAYS.items())],
    )


class ValueForm(forms.Form):
    """The value of one way to change products."""

    def __init__(self, way: Way, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if way.make_field:
            self.fields["value"] = way.make_field()
