"""What a search answers, as the API has it."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.api.links import full
from catalog.api.views import FacetsOutput, PageOutput, PhotoOutput, ProductOutput
from catalog.models import Product, ProductImage
from search.query.results import Match


@extend_schema_serializer(component_name="Match")
class MatchOutput(serializers.Serializer):
    product = ProductOutput()
    photo = PhotoOutput(
        source="image",
        allow_null=True,
        help_text="The product's nearest photo: show this one. Null where words found"
        " a product without a photo",
    )
    distance = serializers.FloatField(
        allow_null=True,
        help_text="Cosine distance, 0 to 2, of the photo to what was asked with, as"
        " likes and dislikes moved it. Null where only words were asked with, or the"
        " photo has not been looked at yet",
    )
    band = serializers.CharField(
        allow_null=True,
        help_text="The encoder's calibrated word for the distance: `same item`,"
        " `very similar` or `similar`. Null for what words found beyond these. A"
        " distance is no percentage and does not compare across encoders",
    )


@extend_schema_serializer(component_name="SearchPage")
class SearchOutput(PageOutput):
    count = serializers.IntegerField(
        allow_null=True,
        help_text="Of all pages, at most 500. Null in a first page that was answered"
        " before the rest was looked for: page 2 has it, and `facets=true` asks for it",
    )
    query = serializers.CharField(help_text="Names the kept query for an hour")
    encoder = serializers.CharField(help_text="Version of the network")
    took_ms = serializers.FloatField(help_text="From the photo's bytes to the matches")
    complete = serializers.BooleanField(
        help_text="True: no product was missed that is as near as these. What lies"
        " beyond the encoder's last band does not match, unless words found it"
    )
    by_words = serializers.IntegerField(
        allow_null=True,
        help_text="How many products the words found, at most 500; null without words."
        " 0 beside a photo: these are by their looks alone",
    )
    facets = FacetsOutput(allow_null=True, help_text="With `facets=true` only")
    results = MatchOutput(
        many=True,
        help_text="Best first, each product once; where more than three products have"
        " the same photo, the others come last. Empty when nothing in the shop looks"
        " like it: try a closer crop, another photo, words, or fewer filters",
    )


# What the serializers above make of a match, in a quarter of their time: theirs were a
# quarter of a search's. A test holds the two together.


def match_json(match: Match, root: str) -> dict[str, Any]:
    """`root` is where the shop is, as https://shop.example."""
    near = {"distance": match.distance, "band": match.band}
    return piece_json(match, root) | near


def piece_json(match: Match, root: str) -> dict[str, Any]:
    """A match where nearness says little."""
    return {
        "product": _product_json(match.product, root),
        "photo": _photo_json(match.image, root) if match.image else None,
    }


def _product_json(product: Product, root: str) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "title": product.title,
        "brand": product.brand,
        "category": {"slug": product.category.slug, "name": product.category.name},
        "price": {
            "cents": product.price_cents,
            "currency": product.currency,
            "display": product.price_display,
        },
        "stock": product.stock,
        "in_stock": product.in_stock,
        "url": full(product.get_absolute_url(), root),
    }


def _photo_json(image: ProductImage, root: str) -> dict[str, Any]:
    return {
        "id": image.pk,
        "url": full(image.file.url, root),
        "thumbnails": {
            "small": full(image.small.url, root),
            "card": full(image.card.url, root),
        },
        "width": image.width,
        "height": image.height,
        "alt_text": image.alt_text,
        "position": image.position,
    }
