"""Bodies of JSON that are read strictly: no unknown field, no endless nesting."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import JSONParser

from catalog.api.problems import ProblemCase
from catalog.error_codes import ErrorCode
from catalog.parameters import MAX_VALUE_CHARS

PARSE_ERROR = ProblemCase(400, "parse_error", "The body is not valid JSON.")
UNSUPPORTED_MEDIA_TYPE = ProblemCase(
    415, "unsupported_media_type", "The body is not JSON."
)


_TYPES: tuple[tuple[tuple[type, ...], type, str], ...] = (
    ((serializers.CharField, serializers.ChoiceField), str, "a text"),
    ((serializers.IntegerField,), int, "a whole number"),
    ((serializers.BooleanField,), bool, "true or false"),
)


class StrictJSONParser(JSONParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


def _check_types(
    fields: Mapping[str, serializers.Field], data: Mapping[str, Any]
) -> None:
    """Refuse numbers for texts and texts for numbers, which DRF would convert."""
    errors = {
        name: [error]
        for name, field in fields.items()
        if name in data and (error := wrong_type(field, data[name]))
    }
    if errors:
        raise ValidationError(errors)


def wrong_type(field: Any, value: Any) -> ErrorDetail | None:
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next(
            filter(None, (wrong_type(field.child, each) for each in value)), None
        )
    for kinds, types, named in _TYPES:
        whole = isinstance(value, float) and value.is_integer() and types is int
        same = isinstance(value, bool) == (types is bool)
        is_right = whole or (isinstance(value, types) and same)
        if value is not None and isinstance(field, kinds) and not is_right:
            return ErrorDetail(f"Send {named}, not {str(value)[:20]!r}.", "invalid")
    return None


class StrictSerializer(serializers.Serializer):
    """A serializer that refuses unknown fields."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict):
            _check_types(self.fields, data)
        valid = super().to_internal_value(data)
        if unknown := sorted(set(map(str, data)) - set(self.fields)):
            message = f"There is no such field. Allowed: {', '.join(self.fields)}."
            errors = [ErrorDetail(message, ErrorCode.UNKNOWN_PARAMETER)]
            raise ValidationError({name[:MAX_VALUE_CHARS]: errors for name in unknown})
        return valid
