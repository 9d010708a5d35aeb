"""What a request to the API may ask: values are checked, unknown names refused."""

from collections.abc import Mapping
from functools import cache
from math import ceil
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from catalog.filters import MAX_CENTS, MAX_VALUES, Filters, ParameterError
from catalog.models import Product

PAGE_SIZE = 24
MAX_PAGE_SIZE = 100
SHOWN_LENGTH = 80  # of a parameter's name told back, and of a filter's value


class Parameters(serializers.Serializer):
    """Base of the Input serializers: one for a query string, or a form with files."""

    @classmethod
    def read(cls, given: QueryDict) -> dict[str, Any]:
        """Raises ValidationError."""
        return _reader(cls).run_validation(given)

    def to_internal_value(self, data: QueryDict) -> dict[str, Any]:
        errors: dict[str, Any] = self._strangers(data)
        plain: dict[str, Any] = {}
        for name, field in self.fields.items():
            values = data.getlist(name)
            if isinstance(field, serializers.ListField):
                plain |= {name: values} if values else {}
            elif len(values) > 1:
                errors[name] = [ErrorDetail(f"Give one, not {len(values)}.", "several")]
            elif values and not _is_blank(field, values[0]):
                plain[name] = values[0]
        try:
            valid = super().to_internal_value(plain)
        except ValidationError as error:
            assert isinstance(error.detail, Mapping)
            errors = {**error.detail, **errors}
        if errors:
            raise ValidationError(errors)
        return valid

    def _strangers(self, data: QueryDict) -> dict[str, Any]:
        allowed = ", ".join(self.fields) or "none"
        message = f"There is no such parameter here. Allowed: {allowed}."
        return {
            name[:SHOWN_LENGTH]: [ErrorDetail(message, "unknown")]
            for name in data
            if name not in self.fields
        }


def _is_blank(field: serializers.Field, value: Any) -> bool:
    """A number without a default that was left out, as forms send it."""
    optional = isinstance(field, serializers.IntegerField) and field.default is empty
    return optional and value == ""


@cache
def _reader(parameters: type[Parameters]) -> Parameters:
    """One for all requests: it keeps nothing of what it reads, and to copy its fields
    anew takes longer than to read them."""
    return parameters()


class NoParameters(Parameters):
    """For addresses that take none."""


class PageParameters(Parameters):
    page = serializers.IntegerField(min_value=1, default=1)
    page_size = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE
    )


# Empty, or the docs' "Try it out" would send the word "string".
@extend_schema_field(
    {"type": "array", "items": {"type": "string"}, "examples": [[]], "default": []}
)
class ValuesField(serializers.ListField):
    """Several mean any of them; an empty one, as forms send it, is none."""

    child = serializers.CharField(max_length=SHOWN_LENGTH, allow_blank=True)

    def __init__(self, help_text: str) -> None:
        super().__init__(max_length=MAX_VALUES, required=False, help_text=help_text)


def _cents(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0, max_value=MAX_CENTS, required=False, help_text=help_text
    )


class FilterParameters(Parameters):
    category = ValuesField("Slug; several mean any of them")
    brand = ValuesField("Whole name in any case; several mean any of them")
    colour = ValuesField("Of the garment in the photo; several mean any of them")
    price_min = _cents("Cents, included")
    price_max = _cents("Cents, included")
    in_stock = serializers.BooleanField(
        required=False,
        allow_null=True,
        error_messages={"invalid": "Use true or false."},
        help_text="False: only what is sold out",
    )
    facets = serializers.BooleanField(
        default=False,
        error_messages={"invalid": "Use true or false."},
        help_text="Count what the answer could be narrowed to; takes longer",
    )

    def validate_brand(self, brands: list[str]) -> list[str]:
        return Product.objects.published().canonical_brands(brands)


def filters_of(asked: dict[str, Any]) -> Filters:
    """From valid `FilterParameters`. Raises ValidationError."""
    try:
        filters = Filters.from_parameters(asked)
        filters.check()
    except ParameterError as error:
        detail = {error.name: [ErrorDetail(str(error), error.code)]}
        raise ValidationError(detail) from error
    return filters


def check_page(number: int, size: int, count: int) -> None:
    """Raises NotFound beyond the last page; the first is always there."""
    last = max(1, ceil(count / size))
    if number > last:
        raise NotFound(f"Page {number} is beyond the last, {last}.", "page_beyond_end")


def page_links(
    request: Request, address: str, number: int, more: bool
) -> dict[str, Any]:
    """`next` and `previous` for a page of the list at `address`."""

    def link(page: int) -> str:
        return replace_query_param(request.build_absolute_uri(address), "page", page)

    return {
        "next": link(number + 1) if more else None,
        "previous": link(number - 1) if number > 1 else None,
    }


def page_of(request: Request, rows: QuerySet, asked: dict[str, Any]) -> dict[str, Any]:
    """The page that `PageParameters` ask of `rows`, with its links."""
    number, size = asked["page"], asked["page_size"]
    count = rows.count()
    check_page(number, size, count)
    start, end = (number - 1) * size, number * size
    return {
        "count": count,
        **page_links(request, request.get_full_path(), number, end < count),
        "results": rows[start:end],
    }
