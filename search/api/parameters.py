"""What a search takes, as the API has it."""

from typing import Any

from rest_framework import serializers

from catalog.api.parameters import MAX_PAGE_SIZE, FilterParameters, ValuesField
from catalog.words import MAX_WORDS_CHARS
from ml.preprocess import MAX_MB
from search.query.refinement import MAX_SKUS
from search.query.services import PAGE_SIZE
from search.query.start import Box, Start


class WishParameters(FilterParameters):
    words = serializers.CharField(
        max_length=MAX_WORDS_CHARS,
        required=False,
        allow_blank=True,
        help_text="What it is called, in the answer beside what it looks like. All the"
        ' words; the last may be a beginning; `-word` excludes, `"two words"` is a'
        f" phrase; typos are tolerated. At most {MAX_WORDS_CHARS} characters",
    )
    like = ValuesField(f"SKUs of products to come nearer to, at most {MAX_SKUS}")
    dislike = ValuesField(
        f"SKUs of products to move away from and leave out, at most {MAX_SKUS}"
    )


class StartParameters(WishParameters):
    """What a search starts from; at least one, or words, or a product to like."""

    photo = serializers.FileField(
        required=False,
        allow_empty_file=True,  # refused as every bad photo, by its own code
        error_messages={
            "invalid": "Send the photo as a file (curl: -F photo=@FILE).",
        },
        help_text=f"At most {MAX_MB} MB and 30 megapixels;"
        " JPEG, PNG, WebP, HEIC, AVIF or GIF (first frame)",
    )
    address = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Of a photo on the web, which the shop fetches, where it does that",
    )
    product = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="SKU: what looks like its first photo. Is not found itself",
    )
    image = serializers.IntegerField(
        required=False, help_text="Id of another photo of the product"
    )
    box = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="`x0,y0,x1,y1`, 0 to 1 from the picture's upper left corner as it is"
        " shown: only this part of the picture, of whichever one is given",
    )
    page_size = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE
    )


def start_of(asked: dict[str, Any]) -> Start:
    """Raises ParameterError."""
    photo = asked.get("photo")
    return Start(
        photo=None if photo is None else photo.read(),
        address=asked.get("address", "").strip(),
        product=asked.get("product", ""),
        image=asked.get("image"),
        box=Box.of(asked["box"]) if asked.get("box") else None,
    )
