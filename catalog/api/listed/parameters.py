"""Which fields of products a list has."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from catalog.api.listed.expansion import EXPANDABLE
from catalog.api.listed.serializers import ListedProductOutput
from catalog.parameters import MaxValuesValidator, Parameters

# Of answers with chosen fields: clients made from the schema may rely on all of them.
SPARSE = "application/vnd.fashionlens.sparse+json"
FIELDS = tuple(ListedProductOutput().fields)


def _choices(values: tuple[str, ...], help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(values),
        validators=[MaxValuesValidator(len(values))],
        required=False,
        help_text=help_text,
    )


class ExpandParameters(Parameters):
    expand = _choices(
        EXPANDABLE, "What products have beside the usual. Repeat it for several."
    )


class FieldParameters(ExpandParameters):
    highlight = serializers.BooleanField(
        default=False,
        error_messages={"invalid": "Use true or false."},
        help_text="`true` marks the words found in title, brand and description.",
    )
    attributes = _choices(
        FIELDS,
        "A field of products that is wanted; the others are left out. Repeat it for"
        f" several. The answer is then of the type `{SPARSE}`.",
    )


def respond(answer: dict[str, Any], values: dict[str, Any]) -> Response:
    """Return the answer; products in it have the chosen attributes only."""
    chosen = values.get("attributes")
    if not chosen:
        return Response(answer)
    for result in answer["results"]:
        product = result.get("product", result)
        for name in product.keys() - set(chosen):
            del product[name]
    return Response(answer, content_type=SPARSE)
