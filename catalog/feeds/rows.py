"""The rows of a feed, checked field by field."""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from catalog.feeds.columns import Record
from catalog.feeds.fields import FIELDS, ID_COLUMN, VARIANT_FIELDS, FeedField
from catalog.feeds.parsers import parse_sku
from catalog.feeds.plain_text import shorten
from catalog.models import Product
from catalog.variants.models import Availability, Variant

# A category is validated by its limit; its row is found by name when it is stored.
_VALIDATORS = {
    each.name: each.clean
    for each in (*Variant._meta.fields, *Product._meta.fields)
    if not each.is_relation
}
_VISIBILITY = {"status_public", "published", "visible"}


@dataclass(frozen=True)
class RowProblem:
    row: int
    sku: str
    column: str
    value: str
    expected: str

    def __str__(self) -> str:
        place = f"Row {self.row}" + (f" ({shorten(self.sku)})" if self.sku else "")
        value = f"{self.column} {shorten(self.value)!r}: " if self.column else ""
        return f"{place}: {value}expected {self.expected}"


@dataclass(frozen=True)
class ProductRow:
    """A checked row. `values` lacks what the row leaves as it is."""

    number: int
    sku: str
    values: dict[str, Any] = field(default_factory=dict)  # by target of FIELDS
    empty: set[str] = field(default_factory=set)  # targets whose cells are empty
    problems: list[RowProblem] = field(default_factory=list)  # with any, it is skipped
    notes: list[RowProblem] = field(default_factory=list)  # what it is imported without

    @property
    def links(self) -> list[str]:
        return self.values.get("photos", [])

    @property
    def category(self) -> str:
        return self.values.get("category", "")

    @property
    def identifies_product(self) -> bool:
        wrong = {problem.column for problem in self.problems}
        return bool(self.sku) and ID_COLUMN not in wrong

    @property
    def is_hidden(self) -> bool:
        """Return whether the source does not show the product."""
        return any(self.values.get(name) is False for name in _VISIBILITY)

    @property
    def leaves_visibility(self) -> bool:
        """Return whether the feed has columns for it, but all are empty."""
        return bool(self.empty & _VISIBILITY) and not self.values.keys() & _VISIBILITY

    def variant_values(
        self, present: Variant, *, sold_out: bool = False
    ) -> dict[str, Any]:
        """Return values for fields of Variant, but for its own price."""
        values = {n: self.values[n] for n in VARIANT_FIELDS if n in self.values}
        if sold_out:
            none_left = {"availability": Availability.OUT_OF_STOCK, "quantity": 0}
            return values | none_left
        return values | self._stock(present)

    def _stock(self, present: Variant) -> dict[str, Any]:
        """Return a quantity for an availability alone, and the other way round."""
        availability = self.values.get("availability")
        quantity = self.values.get("quantity")
        if availability == Availability.OUT_OF_STOCK:
            same = present.availability == availability and quantity is None
            return {} if same else {"quantity": 0}
        uncounted = quantity is None and (
            present.quantity == 0 or "quantity" in self.empty
        )
        if availability and uncounted:
            return {"quantity": None}
        sold_out = present.availability == Availability.OUT_OF_STOCK
        if quantity and not availability and sold_out:
            return {"availability": Availability.IN_STOCK}
        return {}


def read_row(record: Record, *, currency: str) -> ProductRow:
    """Check a record; `currency` is that of prices that name none."""
    cells = {name: cell.strip() for name, cell in record.cells.items()}
    sku = cells[ID_COLUMN] = parse_sku(cells.get(ID_COLUMN, ""))
    row = ProductRow(record.row, sku)
    if record.error:
        row.problems.append(RowProblem(record.row, "", "", "", record.error))
        return row
    if record.same_as:
        expected = f"one row for each id; row {record.same_as} has this id"
        row.problems.append(RowProblem(record.row, sku, ID_COLUMN, sku, expected))
    for feed_field in FIELDS:
        if (cell := cells.get(feed_field.column)) is None:
            continue
        if not cell:
            row.empty.update(feed_field.targets)
        try:
            row.values.update(_read_cell(feed_field, cell, row.values, currency))
        except ValueError as error:
            column = feed_field.column
            problem = RowProblem(record.row, sku, column, cell, str(error))
            (row.notes if feed_field.optional else row.problems).append(problem)
    _check_sale(row)
    return row


def _check_sale(row: ProductRow) -> None:
    values = row.values
    currency = values.pop("sale_currency", None)
    sale_price, price = values.get("sale_price_cents"), values.get("price_cents")
    if sale_price is None and "sale_price_cents" in row.empty:
        values["sale_price_cents"] = None
    if sale_price is None or price is None:
        return
    if currency != values["currency"]:
        expected = f"the currency of the price, {values['currency']}"
        row.problems.append(
            RowProblem(row.number, row.sku, "sale_price", currency or "", expected)
        )
    if sale_price >= price:  # shops export the price as that of a sale, too
        values["sale_price_cents"] = None


def _read_cell(
    feed_field: FeedField, cell: str, values: dict[str, Any], currency: str
) -> dict[str, Any]:
    if "\0" in cell:
        raise ValueError("text without NUL bytes")
    known = values.get(feed_field.targets[0])
    if known is not None and not feed_field.repeatable:
        return {}
    arguments = [currency] if feed_field.takes_currency else []
    value = feed_field.parse(cell, *arguments)
    if value is None:
        return {}
    if feed_field.repeatable:
        value = list(dict.fromkeys([*(known or []), *value]))
    if feed_field.limit and len(value) > feed_field.limit:
        unit = "characters in the last part" if isinstance(value, str) else "photos"
        raise ValueError(f"at most {feed_field.limit} {unit}")
    several = len(feed_field.targets) > 1
    parsed = dict(zip(feed_field.targets, value if several else [value], strict=True))
    _validate(parsed)
    return parsed


def _validate(values: dict[str, Any]) -> None:
    for name in values.keys() & _VALIDATORS.keys():
        try:
            _VALIDATORS[name](values[name], None)
        except ValidationError as error:
            expected = f"another value: {'; '.join(error.messages)}"
            raise ValueError(expected) from None
