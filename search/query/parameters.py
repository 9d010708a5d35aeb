"""The parameters of a search, declared once for the pages and the API."""

from rest_framework import serializers

from catalog.listing import PAGE_SIZE
from catalog.parameters import (
    MAX_PAGE_SIZE,
    MAX_SKU_CHARS,
    MAX_VALUE_CHARS,
    FilterParameters,
    OptionalNumber,
    Parameters,
    ValuesField,
    ordering_field,
    words_field,
)
from ml.preprocess import MAX_MB
from search.query.refinement import MAX_SKUS
from search.query.weights import MAX_WEIGHT


class WeightParameters(Parameters):
    weights = ValuesField(
        "`part:number`: how much a part of the look counts, from 0 (not at all) over 1"
        f" (as usual) to {MAX_WEIGHT:g}, such as `colour:0`. Repeat it for several"
        " parts. The answer has no bands then.",
    )
    in_colour = serializers.CharField(
        max_length=MAX_VALUE_CHARS,
        required=False,
        allow_blank=True,
        help_text="The name of a colour: look for this colour instead of the"
        " picture's. The answer has no bands then.",
    )


class RefinementParameters(FilterParameters, WeightParameters):
    words = words_field(
        "Words that a result should match, beside its look. Typing errors are"
        " tolerated.",
        allow_blank=True,
    )
    like = ValuesField(
        "The SKU of a product that the results should look more like. Repeat it for"
        f" several, at most {MAX_SKUS}.",
        MAX_SKUS,
    )
    dislike = ValuesField(
        "The SKU of a product to leave out, and that the results should look less"
        f" like. Repeat it for several, at most {MAX_SKUS}.",
        MAX_SKUS,
    )
    ordering = ordering_field(
        "The order of the results; the default is `relevance`, the best first."
    )


class KeptParameters(RefinementParameters):
    garment = OptionalNumber(
        min_value=1,
        help_text="Which of the `garments` in the picture to search with, from 1. The"
        " default is the first, which is the largest.",
    )


class ShopStartParameters(RefinementParameters):
    """What a search starts from in the shop; or words, or a product to like."""

    product = serializers.CharField(
        max_length=MAX_SKU_CHARS,
        required=False,
        allow_blank=True,
        error_messages={"max_length": "A SKU has at most {max_length} characters."},
        help_text="The SKU of a product: the search starts from its first photo and"
        " leaves the product itself out.",
    )
    image = OptionalNumber(
        error_messages={"invalid": "The image is the id of a photo, a whole number."},
        help_text="The id of another photo of `product`.",
    )
    box = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="`x0,y0,x1,y1`: search with this part of the picture only. The"
        " numbers go from 0 to 1, from the upper left corner of the upright picture.",
    )
    page_size = serializers.IntegerField(
        min_value=1,
        max_value=MAX_PAGE_SIZE,
        default=PAGE_SIZE,
        help_text="How many results a page holds.",
    )


class AddressParameters(ShopStartParameters):
    address = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="The web address of a photo, where the shop fetches photos.",
    )


class StartParameters(AddressParameters):
    """What a search starts from; at least one, or words, or a product to like."""

    photo = serializers.FileField(
        required=False,
        allow_empty_file=True,  # refused as every bad photo, by its own code
        error_messages={
            "invalid": "Send the photo as a file (curl: -F photo=@FILE).",
        },
        help_text=f"A photo of at most {MAX_MB} MB and 30 megapixels in JPEG, PNG,"
        " WebP, HEIC, AVIF or GIF (its first frame that shows something).",
    )
