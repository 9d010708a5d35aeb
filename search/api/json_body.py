"""Searches without a photo as JSON: the fields of the form, lists as lists."""

from collections.abc import Iterator
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError

from catalog.api.listed.parameters import FieldParameters
from catalog.api.strict import StrictJSONParser, wrong_type
from search.query.parameters import AddressParameters


class JsonSearchParser(StrictJSONParser):
    """Read the body as the form that it stands for, so that both are checked alike."""

    def parse(self, *args: Any, **kwargs: Any) -> QueryDict:
        body = super().parse(*args, **kwargs)
        if not isinstance(body, dict):
            raise ParseError('Send an object: {"words": "red dress"}.')
        fields = {**AddressParameters().fields, **FieldParameters().fields}
        errors = {name: [error] for name, error in _type_errors(fields, body)}
        if errors:
            raise ValidationError(errors)
        form = QueryDict(mutable=True)
        for name, value in body.items():
            if value is None and name in fields:
                continue
            values = value if isinstance(value, list) else [value]
            form.setlist(name, [_as_text(each) for each in values])
        return form


def _type_errors(fields: Any, body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        field = fields.get(name)
        if value is None or (isinstance(value, list) and None in value):
            if not getattr(field, "allow_null", True):
                yield name, ErrorDetail("Leave it out instead of sending null.", "null")
        elif isinstance(value, list) != isinstance(field, serializers.ListField):
            if field:  # the others are unknown
                kind = "a single value" if isinstance(value, list) else "a list"
                yield name, ErrorDetail(f"Send {kind}.", "invalid")
        elif field and (error := wrong_type(field, value)):
            yield name, error


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
