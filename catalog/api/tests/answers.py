"""What answers of the API hold, for tests."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers


def field_errors(response: HttpResponse) -> dict[str, str]:
    """Return the codes of a 400 by field."""
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()  # type: ignore[attr-defined]
    assert body["code"] == "invalid"
    return {error["field"]: error["code"] for error in body["errors"]}


def assert_described(output: Any, answer: Any) -> None:
    """Fail unless the serializer describes every value of the answer."""
    _check(output() if isinstance(output, type) else output, answer, "answer")


TYPES: list[tuple[type, type | tuple[type, ...]]] = [
    (serializers.BooleanField, bool),
    (serializers.IntegerField, int),
    (serializers.FloatField, (float, int)),
    (serializers.CharField, str),
    (serializers.ChoiceField, str),
    (serializers.DateTimeField, str),
    (serializers.DictField, dict),
]


def _check(field: Any, value: Any, path: str) -> None:
    if value is None:
        assert field.allow_null, f"{path} is null"
    elif isinstance(field, serializers.ListSerializer | serializers.ListField):
        for number, each in enumerate(value):
            _check(field.child, each, f"{path}[{number}]")
    elif isinstance(field, serializers.Serializer):
        assert value.keys() == field.fields.keys(), path
        for name, inner in field.fields.items():
            _check(inner, value[name], f"{path}.{name}")
    else:
        expected = next(types for kind, types in TYPES if isinstance(field, kind))
        assert isinstance(value, expected), f"{path} is {value!r}"
        assert isinstance(value, bool) == (expected is bool), f"{path} is {value!r}"
    if isinstance(field, serializers.URLField) and value is not None:
        assert value.startswith(("http://", "https://")), f"{path} is {value!r}"
