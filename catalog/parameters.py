"""The parameters of a list of products, declared once for the pages and the API."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.core.validators import MaxLengthValidator
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from catalog.error_codes import ErrorCode
from catalog.facet_counts import FacetQuery
from catalog.facets import VALUES_FACETS, canonical_brands
from catalog.filters import MAX_CENTS, MAX_VALUES, Filters, ParameterError
from catalog.listing import PAGE_SIZE
from catalog.models import Product
from catalog.words import MAX_WORDS_CHARS

MAX_PAGE_SIZE = 100
MAX_SKU_CHARS = 64
MAX_VALUE_CHARS = 80  # of a filter's value, and of a name repeated in an error
ORDERINGS = {
    "-created": ["-created", "-id"],
    "created": ["created", "id"],
    "price": ["effective_price_cents", "-id"],
    "-price": ["-effective_price_cents", "-id"],
}
_TRUE_OR_FALSE: dict[str, Any] = {"invalid": gettext_lazy("Use true or false.")}


class Parameters(serializers.Serializer):
    """Base for the parameters of a query string, or of a form with files."""

    @classmethod
    def read(cls, data: QueryDict, *, ignore_unknown: bool = False) -> dict[str, Any]:
        """Return the valid values by name. Raises ValidationError.

        Pages ignore unknown names, because links to them come with names such as
        `utm_source`, and empty values, because forms send their empty controls.
        """
        if ignore_unknown:
            data = _without_empty(data, _serializer(cls, get_language()).fields)
        return _serializer(cls, get_language()).run_validation(data)

    def to_internal_value(self, data: QueryDict) -> dict[str, Any]:
        unknown = [name for name in data if name not in self.fields]
        errors: dict[str, Any] = self._unknown(unknown) if unknown else {}
        plain: dict[str, Any] = {}
        for name, field in self.fields.items():
            values = data.getlist(name)
            if isinstance(field, serializers.ListField):
                plain |= {name: values} if values else {}
            elif len(values) > 1:
                message = _("Give %(name)s once, not %(times)d times.") % {
                    "name": name,
                    "times": len(values),
                }
                errors[name] = [ErrorDetail(message, ErrorCode.MULTIPLE_VALUES)]
            elif values and (values[0] != "" or not isinstance(field, OptionalNumber)):
                plain[name] = values[0]
        try:
            valid = super().to_internal_value(plain)
        except ValidationError as error:
            assert isinstance(error.detail, Mapping)
            errors = {**error.detail, **errors}
        if errors:
            raise ValidationError(errors)
        return valid

    def _unknown(self, names: list[str]) -> dict[str, Any]:
        allowed = ", ".join(self.fields) or "none"
        message = f"There is no such parameter. Allowed: {allowed}."
        error = [ErrorDetail(message, ErrorCode.UNKNOWN_PARAMETER)]
        return {name[:MAX_VALUE_CHARS]: error for name in names}


class OptionalNumber(serializers.IntegerField):
    """A number that may be left empty, as forms send it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)


def _without_empty(data: QueryDict, names: Mapping[str, Any]) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name in names:
        values = data.getlist(name)
        kept.setlist(name, [value for value in values if value != ""])
    return kept


@cache
def _serializer(parameters: type[Parameters], language: str | None) -> Parameters:
    """Return the one instance that reads all requests in a language.

    It keeps nothing of what it reads but the messages of its validators, and copying
    its fields takes longer than reading.
    """
    return parameters()


def sentences(error: ValidationError) -> list[str]:
    return list(_messages(error.detail))


def _messages(detail: Any) -> Iterator[str]:
    if isinstance(detail, str):
        yield str(detail)
    else:
        for each in detail.values() if isinstance(detail, Mapping) else detail:
            yield from _messages(each)


class NoParameters(Parameters):
    pass


class PageParameters(Parameters):
    page = serializers.IntegerField(
        min_value=1, default=1, help_text="The number of the page, from 1."
    )
    page_size = serializers.IntegerField(
        min_value=1,
        max_value=MAX_PAGE_SIZE,
        default=PAGE_SIZE,
        help_text="How many results a page holds.",
    )


class MaxValuesValidator(MaxLengthValidator):
    message = gettext_lazy("Give at most %(limit_value)d values, not %(show_value)d.")  # type: ignore[assignment]
    code = ErrorCode.TOO_MANY


# Empty, or the docs' "Try it out" would send the word "string".
@extend_schema_field(
    {"type": "array", "items": {"type": "string"}, "examples": [[]], "default": []}
)
class ValuesField(serializers.ListField):
    """A repeated parameter; empty values mean none."""

    def __init__(self, help_text: str, max_values: int = MAX_VALUES) -> None:
        super().__init__(
            child=serializers.CharField(
                max_length=MAX_VALUE_CHARS,
                allow_blank=True,
                error_messages={
                    "max_length": gettext_lazy(
                        "A value has at most {max_length} characters;"
                        " this one has %(show_value)d."
                    )
                },
            ),
            validators=[MaxValuesValidator(max_values)],
            required=False,
            help_text=help_text,
        )


def words_field(
    help_text: str, *, allow_blank: bool = False, required: bool = False
) -> serializers.CharField:
    return serializers.CharField(
        max_length=MAX_WORDS_CHARS,
        required=required,
        allow_blank=allow_blank,
        error_messages={
            "max_length": gettext_lazy(
                "Search with at most {max_length} characters; these are %(show_value)d."
            )
        },
        help_text=f"{help_text} All the words must be found; the last one may be the"
        ' beginning of a word. `-word` excludes a word, `"two words"` is a phrase.'
        f" At most {MAX_WORDS_CHARS} characters.",
    )


def _cents(help_text: str) -> OptionalNumber:
    message = format_lazy(
        gettext_lazy("A price is a whole number of cents from 0 to {limit}."),
        limit=MAX_CENTS,
    )
    names = ("invalid", "min_value", "max_value", "max_string_length")
    return OptionalNumber(
        min_value=0,
        max_value=MAX_CENTS,
        error_messages=dict.fromkeys(names, message),
        help_text=help_text,
    )


def ordering_field(help_text: str) -> serializers.ChoiceField:
    names = [*ORDERINGS, "relevance"]
    message = format_lazy(
        "{text} {names}",
        text=gettext_lazy('"{input}" is not allowed. Use one of:'),
        names=", ".join(names),
    )
    return serializers.ChoiceField(
        names,
        required=False,
        error_messages={"invalid_choice": message},
        help_text=help_text,
    )


_VALUE_HELP = {
    "category": "The slug of a category.",
    "brand": "The whole name of a brand, in upper or lower case.",
    "colour": "A colour of the garment in the photo.",
    "size": "A size that can be had.",
    "gender": f"Whom it is for: {', '.join(Product.Gender.values)}.",
    "age_group": f"Whom it is for: {', '.join(Product.AgeGroup.values)}.",
    "kind": "The kind of garment in the photo, where the encoder is sure of it.",
    "seen_pattern": "The pattern of the garment in the photo, where it is sure.",
}


@extend_schema_field(
    {
        "type": "string",
        "pattern": f"^({'|'.join(facet.parameter for facet in VALUES_FACETS)}):.*\\S",
        "maxLength": MAX_VALUE_CHARS,
    }
)
class FacetQueryField(serializers.CharField):
    def to_internal_value(self, data: Any) -> FacetQuery:  # type: ignore[override]
        try:
            return FacetQuery.parse(super().to_internal_value(data))
        except ValueError as error:
            raise ValidationError(str(error), "invalid") from error

    def run_validators(self, value: Any) -> None:
        super().run_validators(":".join(value))


class FilterParameters(Parameters):
    price_min = _cents("The lowest price in cents, inclusive.")
    price_max = _cents("The highest price in cents, inclusive.")
    in_stock = serializers.BooleanField(
        required=False,
        allow_null=True,
        error_messages=_TRUE_OR_FALSE,
        help_text="`true` returns only products in stock, `false` only others.",
    )
    facets = serializers.BooleanField(
        default=False,
        error_messages=_TRUE_OR_FALSE,
        help_text="`true` adds the counts of the values to filter by. It takes longer.",
    )

    facet_query = FacetQueryField(
        required=False,
        max_length=MAX_VALUE_CHARS,
        help_text="`parameter:text` adds the facets, with those values of this one that"
        " have a word that begins like the text: `brand:no`.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        values = {
            facet.parameter: ValuesField(
                f"{_VALUE_HELP.get(facet.parameter, f'A {facet.label.lower()}.')}"
                " Repeat it to allow several."
            )
            for facet in VALUES_FACETS
        }
        return super().get_fields() | values

    def validate_brand(self, brands: list[str]) -> list[str]:
        return canonical_brands(filter(None, brands))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        low, high = attrs.get("price_min"), attrs.get("price_max")
        if low is not None and high is not None and low > high:
            message = _(
                "The lowest price, %(low)d, is above the highest, %(high)d."
            ) % {"low": low, "high": high}
            raise ValidationError(
                {"price_min": ErrorDetail(message, ErrorCode.INVALID_RANGE)}
            )
        attrs["facets"] |= "facet_query" in attrs
        return attrs


class ListingParameters(FilterParameters):
    q = words_field(
        "Words to search for. Typing errors are corrected where nothing is found."
    )
    sku = serializers.ListField(
        child=serializers.CharField(max_length=MAX_SKU_CHARS),
        validators=[MaxValuesValidator(MAX_VALUES)],
        required=False,
        help_text="The SKU of a product. Repeat it for several; unknown ones are"
        " missing from the answer.",
    )
    ordering = ordering_field("The default is `relevance` with `q`, else `-created`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("ordering") == "relevance" and "q" not in attrs:
            message = _("Ordering by relevance needs words in q.")
            raise ValidationError(
                {"ordering": ErrorDetail(message, ErrorCode.MISSING_PARAMETER)}
            )
        return super().validate(attrs)


def filters_of(values: dict[str, Any]) -> Filters:
    try:
        filters = Filters.from_parameters(values)
        filters.check()
    except ParameterError as error:
        detail = {error.name: [ErrorDetail(str(error), error.code)]}
        raise ValidationError(detail) from error
    return filters
