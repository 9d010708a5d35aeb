"""Changes of products in words that people read."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from catalog.bulk.rows import LOCKED
from catalog.history.snapshots import PHOTOS
from catalog.models import Category, Product
from catalog.money import amount, shop_currency
from catalog.trash.services import TRASH

_LABELS = {
    "price_cents": "Price",
    "sale_price_cents": "Sale price",
    "sale_starts": "Start of the sale",
    "sale_ends": "End of the sale",
    "category_id": "Category",
    "sku": "SKU",
    "gtin": "GTIN",
    "sha256": "file",
    TRASH: "In the trash",
}
_MAX_CHARS = 200


class Line(NamedTuple):
    label: str
    old: str
    new: str


def describe(
    changes: Mapping[str, Any], categories: Mapping[int, str] | None = None
) -> list[Line]:
    names = categories if categories is not None else category_names()
    return [
        Line(_label(key), *(_value(key, each, names) for each in values))
        for key, values in changes.items()
        if not key.endswith(LOCKED)
    ]


def category_names() -> dict[int, str]:
    return dict(Category.objects.values_list("pk", "name"))


def _label(key: str) -> str:
    place, _, field = key.rpartition(" ")
    label = _LABELS.get(field, field.replace("_", " ").capitalize())
    if not place:
        return label
    return f"{place[:1].upper()}{place[1:]}: {label[:1].lower()}{label[1:]}"


def _value(key: str, value: Any, categories: Mapping[int, str]) -> str:
    field = key.rsplit(" ", 1)[-1]
    if field == "sha256":
        return "another one" if value else ""
    if key == PHOTOS:
        return _photos(value)
    if value is None or value == "":
        return "-"
    if field.endswith("_cents"):
        return f"{amount(value, shop_currency())} {shop_currency()}"
    if field == "category_id":
        return categories.get(value, "a deleted one")
    if field == TRASH:
        return "yes" if value else "no"
    if field in ("sale_starts", "sale_ends"):
        return _moment(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    column: Any = Product._meta.get_field(field) if hasattr(Product, field) else None
    choices = dict(getattr(column, "choices", None) or {})
    return str(choices.get(value, value))[:_MAX_CHARS]


def _photos(ids: Iterable[int] | None) -> str:
    return ", ".join(f"no. {pk}" for pk in ids or ()) or "-"


def _moment(value: Any) -> str:
    moment = parse_datetime(value) if isinstance(value, str) else value
    return f"{timezone.localtime(moment):%d.%m.%Y %H:%M}" if moment else "-"
