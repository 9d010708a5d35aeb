"""The codes of wrong parameters and fields, stable for programs.

DRF adds its own: `required`, `invalid`, `max_length`, `min_value` and so on.
"""

from enum import StrEnum
from typing import Self


class ErrorCode(StrEnum):
    description: str

    def __new__(cls, code: str, description: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.description = description
        return member

    UNKNOWN_PARAMETER = "unknown_parameter", "There is no parameter of this name."
    MULTIPLE_VALUES = "multiple_values", "Only one value is allowed."
    TOO_MANY = "too_many", "There are more values than are allowed."
    MISSING_PARAMETER = "missing_parameter", "Another parameter is needed beside it."
    INVALID_RANGE = "invalid_range", "The lower limit is above the upper one."
    CONFLICT = "conflict", "Two values contradict each other, as a like and a dislike."
    INVALID_BOX = "invalid_box", "The box is not a part of exactly one picture."
    UNKNOWN_PRODUCT = "unknown_product", "No published product has this SKU."
    UNKNOWN_IMAGE = "unknown_image", "The product has no photo with this id."
    NO_PHOTO = "no_photo", "The product has no photo to search with."
    UNREADABLE_PHOTO = "unreadable_photo", "The product's photo cannot be read."
    UNKNOWN_GARMENT = "unknown_garment", "The picture has fewer garments."
    UNKNOWN_PART = "unknown_part", "The encoder's vector has no part of this name."
    INVALID_WEIGHT = "invalid_weight", "The weight is not a number within the limits."
    REPEATED_SKU = "repeated_sku", "The request names the product twice."
    SKU_TAKEN = "sku_taken", "A variant of another product has the SKU."
    UNKNOWN_QUERY = "unknown_query", "No list has this id, or it has expired."
