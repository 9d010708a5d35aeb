"""Products in lists, with why they are there and the words that were found."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.api.listed.expansion import NO_EXPANSION, ExpandedProductOutput, Expansion
from catalog.api.serializers import Audience, PhotoOutput, photo_json
from catalog.models import FoundIn, Product, ProductImage
from catalog.word_query.highlights import Highlighter
from catalog.words import WordsQuery


@extend_schema_serializer(component_name="Highlights")
class HighlightsOutput(serializers.Serializer):
    """Texts as HTML: the words found are in `<mark>`, all else is escaped."""

    title = serializers.CharField()
    brand = serializers.CharField(help_text="May be empty.")
    description = serializers.CharField(
        help_text="The part around the first word; empty if it has none of them."
    )


def highlights_of(
    products: Iterable[Product], query: WordsQuery
) -> dict[int, dict[str, str]]:
    """Return the highlights of each product, by its id."""
    shown = list(products)
    texts = [t for p in shown for t in (p.title, p.brand, p.description)]
    highlighter = Highlighter.of(query.query, texts)
    return {
        product.pk: {
            "title": highlighter.mark(product.title),
            "brand": highlighter.mark(product.brand),
            "description": highlighter.excerpt(product.description),
        }
        for product in shown
    }


@extend_schema_serializer(component_name="Explanation")
class ExplanationOutput(serializers.Serializer):
    found_in = serializers.ChoiceField(
        ["phrase", "title", "attributes", "description", "looks", "age"],
        help_text="Where the words stand: together in title and brand, in these, in"
        " attributes or category too, in description or codes too; `looks`: only the"
        " photo looks like them; `age`: beyond the first 1,000, ordered by age alone.",
    )
    in_stock = serializers.BooleanField(
        help_text="In each of these places, what is in stock comes first."
    )
    rank = serializers.FloatField(
        allow_null=True, help_text="Then by this rank, and then the newest first."
    )


def explanation_json(product: Product, *, by_looks: bool) -> dict[str, Any]:
    place = getattr(product, "found_in", None)
    other = "looks" if by_looks else "age"
    return {
        "found_in": FoundIn(place).label if place else other,
        "in_stock": product.in_stock,
        "rank": getattr(product, "rank", None),
    }


@extend_schema_serializer(component_name="ListedProduct")
class ListedProductOutput(ExpandedProductOutput):
    cover = PhotoOutput(
        allow_null=True, help_text="The product's first photo, or null without one."
    )
    by_looks = serializers.BooleanField(
        help_text="Whether the product looks like the words, which it does not have."
    )
    explanation = ExplanationOutput(
        allow_null=True, help_text="Why it stands where it does, with `explain=true`."
    )
    highlights = HighlightsOutput(
        allow_null=True, help_text="The words of `q`, with `highlight=true`."
    )


def listed_product_json(
    product: Product,
    cover: ProductImage | None,
    audience: Audience,
    *,
    by_looks: bool = False,
    explain: bool = False,
    expansion: Expansion = NO_EXPANSION,
    highlights: dict[str, str] | None = None,
) -> dict[str, Any]:
    why = explanation_json(product, by_looks=by_looks) if explain else None
    return {
        **expansion.write(product, audience),
        "cover": photo_json(cover, audience) if cover else None,
        "by_looks": by_looks,
        "explanation": why,
        "highlights": highlights,
    }
