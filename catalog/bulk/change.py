"""What can be changed of many products at once, and what it makes of one of them."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from catalog.models import Product
from catalog.money import MAX_MINOR
from catalog.variants.models import Availability, Variant

MAX_QUANTITY = 2**31 - 1
TEXTS = ("brand", "group", "colour", "material", "pattern")
CHOICES = ("gender", "age_group")
_PRICES = ("price_cents", "sale_price_cents")


class CannotChange(ValueError):
    """This product cannot be changed; the text gives the reason."""


@dataclass(frozen=True)
class Change:
    """`field` is changed in a way (`set`, `percent`, `amount`, `clear`) by a value.

    Values are minor units of the currency, percents, quantities, ids or texts.
    """

    field: str
    way: str
    value: Any = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def product_fields(self) -> tuple[str, ...]:
        """Return the fields of products that it may change."""
        if self.field == "stock":
            return ()
        return ("category_id",) if self.field == "category" else (self.field,)

    @property
    def size_fields(self) -> tuple[str, ...]:
        """Return the fields of sizes that it may change."""
        if self.field == "stock":
            return ("quantity", "availability")
        return (self.field,) if self.field in _PRICES else ()


@dataclass
class Loaded:
    """A product with its sizes, and whether it has a photo."""

    product: Product
    variants: list[Variant] = field(default_factory=list)
    has_photo: bool = False


def change_product(loaded: Loaded, change: Change) -> None:
    """Change the rows, without saving them. Raises CannotChange."""
    _CHANGES[change.field](loaded, change)


def check_prices(loaded: Loaded) -> None:
    """Raises CannotChange."""
    product = loaded.product
    price, sale = product.price_cents, product.sale_price_cents
    for value in (price, sale, *(v.price_cents for v in loaded.variants)):
        if value is not None and value < 0:
            raise CannotChange("The price would be below 0.")
        if value is not None and value > MAX_MINOR:
            raise CannotChange("The price would be too high.")
    if sale is not None and sale >= price:
        raise CannotChange("The sale price would not be lower than the price.")
    if any(
        v.price_cents is not None and v.price_cents < price for v in loaded.variants
    ):
        raise CannotChange("A size has a price of its own that would be lower.")


def _price(loaded: Loaded, change: Change) -> None:
    product = loaded.product
    product.price_cents = _moved(product.price_cents, change)
    for variant in loaded.variants:
        if variant.price_cents is not None and change.way != "set":
            variant.price_cents = _moved(variant.price_cents, change)
    check_prices(loaded)


def _moved(price: int, change: Change) -> int:
    if change.way == "set":
        return int(change.value)
    if change.way == "amount":
        return price + int(change.value)
    exact = price * (100 + Decimal(str(change.value))) / 100
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _sale_price(loaded: Loaded, change: Change) -> None:
    product = loaded.product
    if change.way == "percent":
        product.sale_price_cents = _moved(product.price_cents, change)
    else:
        is_set = change.way == "set"
        product.sale_price_cents = int(change.value) if is_set else None
    for variant in loaded.variants:
        own = variant.price_cents
        is_reduced = change.way == "percent" and own is not None
        variant.sale_price_cents = _moved(own or 0, change) if is_reduced else None
    check_prices(loaded)


def _stock(loaded: Loaded, change: Change) -> None:
    for variant in loaded.variants:
        if change.way == "set":
            variant.quantity = int(change.value)
        elif variant.quantity is None:
            raise CannotChange("The quantity is unknown.")
        else:
            variant.quantity += int(change.value)
        if variant.quantity < 0:
            raise CannotChange("The quantity would be below 0.")
        if variant.quantity > MAX_QUANTITY:
            raise CannotChange("The quantity would be too high.")
        if variant.quantity and variant.availability == Availability.OUT_OF_STOCK:
            variant.availability = Availability.IN_STOCK


def _category(loaded: Loaded, change: Change) -> None:
    loaded.product.category_id = int(change.value)


def _status(loaded: Loaded, change: Change) -> None:
    is_publishing = change.value == Product.Status.PUBLISHED
    if is_publishing and not loaded.has_photo and loaded.product.status != change.value:
        raise CannotChange("It has no photo.")
    loaded.product.status = change.value


def _text(loaded: Loaded, change: Change) -> None:
    setattr(loaded.product, change.field, change.value or "")


_CHANGES: dict[str, Callable[[Loaded, Change], None]] = {
    "price_cents": _price,
    "sale_price_cents": _sale_price,
    "stock": _stock,
    "category": _category,
    "status": _status,
    **dict.fromkeys((*TEXTS, *CHOICES), _text),
}
