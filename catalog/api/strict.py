"""Bodies of JSON that are read strictly: no unknown field, no endless nesting."""

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


class StrictJSONParser(JSONParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class StrictSerializer(serializers.Serializer):
    """A serializer that refuses unknown fields."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        valid = super().to_internal_value(data)
        if unknown := sorted(set(map(str, data)) - set(self.fields)):
            message = f"There is no such field. Allowed: {', '.join(self.fields)}."
            errors = [ErrorDetail(message, ErrorCode.UNKNOWN_PARAMETER)]
            raise ValidationError({name[:MAX_VALUE_CHARS]: errors for name in unknown})
        return valid
