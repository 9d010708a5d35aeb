"""Results of a search in answers: described by serializers, written by functions."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from catalog.api.listed.expansion import (
    NO_EXPANSION,
    ExpandedProductOutput,
    Expansion,
)
from catalog.api.listed.serializers import HighlightsOutput, highlights_of
from catalog.api.pages import FacetsOutput, PageOutput
from catalog.api.serializers import Audience, PhotoOutput, audience_of, photo_json
from catalog.words import interpret
from ml.encoder import Garment
from search.query.results import Result


@extend_schema_serializer(component_name="Piece")
class PieceOutput(serializers.Serializer):
    """A product that goes with another; a distance between them would mean little."""

    product = ExpandedProductOutput()
    photo = PhotoOutput(help_text="The photo that goes with the product.")


@extend_schema_serializer(component_name="Match")
class MatchOutput(serializers.Serializer):
    product = ExpandedProductOutput()
    photo = PhotoOutput(
        allow_null=True,
        help_text="The product's nearest photo, which is the one to show. Null if"
        " words found a product without a photo.",
    )
    distance = serializers.FloatField(
        allow_null=True,
        help_text="The cosine distance, from 0 to 2, between the photo and the search"
        " as likes and dislikes moved it. Null if the search had words only, or the"
        " photo is not indexed yet. Distances of two encoders cannot be compared.",
    )
    band = serializers.CharField(
        allow_null=True,
        help_text="How near the photo is: `same item`, `very similar` or `similar`, as"
        " calibrated for the encoder. Null beyond these, where words found the"
        " product, and in a search with weights. Show this, not a percentage.",
    )
    why = serializers.ListField(
        child=serializers.CharField(),
        help_text="What the photo and the search have in common, by distances"
        " calibrated for the encoder, such as `same colour`. Empty if the encoder does"
        " not tell.",
    )
    highlights = HighlightsOutput(
        allow_null=True,
        help_text="The words of a search, with `highlight=true`.",
    )


def match_json(
    match: Result,
    audience: Audience,
    expansion: Expansion = NO_EXPANSION,
    highlights: dict[str, str] | None = None,
) -> dict[str, Any]:
    return {
        **piece_json(match, audience, expansion),
        "distance": match.distance,
        "band": match.band,
        "why": [f"same {part}" for part in match.why],
        "highlights": highlights,
    }


def matches_json(
    matches: Sequence[Result], request: Request, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the matches with what the request's parameters want of products."""
    audience = audience_of(request)
    products = [match.product for match in matches]
    expansion = Expansion.load(products, values.get("expand", ()))
    highlights = {}
    if values.get("highlight") and values.get("words"):
        highlights = highlights_of(products, interpret(values["words"]))
    return [
        match_json(match, audience, expansion, highlights.get(match.product.pk))
        for match in matches
    ]


def piece_json(
    match: Result, audience: Audience, expansion: Expansion = NO_EXPANSION
) -> dict[str, Any]:
    return {
        "product": expansion.write(match.product, audience),
        "photo": photo_json(match.image, audience) if match.image else None,
    }


@extend_schema_serializer(component_name="Garment")
class GarmentOutput(serializers.Serializer):
    box = serializers.ListField(
        child=serializers.FloatField(),
        min_length=4,
        max_length=4,
        help_text="Left, top, right and bottom, from 0 to 1: joined by commas, a `box`"
        " to search with.",
    )
    share = serializers.FloatField(
        help_text="The share of the picture that the garment covers."
    )


def garment_json(garment: Garment) -> dict[str, Any]:
    return {
        "box": [round(side, 4) for side in garment.box],
        "share": round(garment.share, 4),
    }


class ListOutput(serializers.Serializer):
    query = serializers.CharField(
        help_text="The id of this list, for `POST /api/v1/events/`."
    )
    encoder = serializers.CharField(help_text="The version of the encoder.")
    took_ms = serializers.FloatField(help_text="How long the search took.")


@extend_schema_serializer(component_name="SearchPage")
class SearchPageOutput(PageOutput):
    count = serializers.IntegerField(
        allow_null=True,
        help_text="The number of results on all pages, at most 500. Null on a first"
        " page that was answered before all results were found.",
    )
    query = serializers.CharField(
        help_text="The id of the search, for further pages and refinements, until it"
        " expires."
    )
    encoder = serializers.CharField(help_text="The version of the encoder.")
    took_ms = serializers.FloatField(
        help_text="How long the search took, from reading the photo to the results."
    )
    complete = serializers.BooleanField(
        help_text="Whether every product that is as near as these was found. Products"
        " beyond the encoder's last band do not match, unless words found them."
    )
    close_enough = serializers.BooleanField(
        help_text="Whether any result is at least `similar`. If not, only words found"
        " something, or nothing did."
    )
    by_words = serializers.IntegerField(
        allow_null=True,
        help_text="How many products the words found, at most 500; null without words."
        " With a photo, 0 means that the results match by their look only.",
    )
    facets = FacetsOutput(
        allow_null=True, help_text="The facets, with `facets=true` only."
    )
    garments = GarmentOutput(
        many=True,
        help_text="The garments in the photo, or in the box, the largest first: the"
        " one searched with, unless `garment` names another. Empty where the search"
        " did not start from exactly one photo, or from a product without a box.",
    )
    results = MatchOutput(
        many=True,
        help_text="The best first, each product once. If more than three products share"
        " a photo, the others come last. Empty if nothing in the shop is similar: try"
        " a closer crop, another photo, words, or fewer filters.",
    )


@extend_schema_serializer(component_name="SparseMatch")
class SparseMatchOutput(MatchOutput):
    product = serializers.DictField(  # type: ignore[assignment]
        help_text="As `ExpandedProduct`, with the chosen attributes only."
    )


@extend_schema_serializer(component_name="SparseSearchPage")
class SparseSearchPageOutput(SearchPageOutput):
    results = SparseMatchOutput(many=True)  # type: ignore[assignment]
