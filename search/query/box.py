"""A part of a picture to search with."""

import math
from dataclasses import replace
from typing import NamedTuple, Self

from django.utils.translation import gettext as _
from PIL import Image

from catalog.error_codes import ErrorCode
from catalog.filters import ParameterError
from ml.encoder import Garment

MIN_SIDE = 0.02


class Box(NamedTuple):
    """A part of a picture, in shares (0..1) of its sides from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "left,top,right,bottom". Raises ParameterError."""
        try:
            box = cls(*map(float, text.split(",")))
        except (TypeError, ValueError):
            message = _("A box is four numbers from 0 to 1: left,top,right,bottom.")
            raise ParameterError("box", ErrorCode.INVALID_BOX, message) from None
        if not all(0 <= side <= 1 for side in box):  # NaN fails too
            message = _("The box lies outside the picture: its numbers go from 0 to 1.")
            raise ParameterError("box", ErrorCode.INVALID_BOX, message)
        if box.width < MIN_SIDE or box.height < MIN_SIDE:
            message = _(
                "The box is empty or too small: right must be at least"
                " %(side)g more than left, and bottom more than top."
            ) % {"side": MIN_SIDE}
            raise ParameterError("box", ErrorCode.INVALID_BOX, message)
        return box

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def __str__(self) -> str:
        return ",".join(f"{side:g}" for side in self)

    def crop(self, picture: Image.Image) -> Image.Image:
        left, right = self.left * picture.width, self.right * picture.width
        top, bottom = self.top * picture.height, self.bottom * picture.height
        return picture.crop(
            (int(left), int(top), math.ceil(right), math.ceil(bottom)),
        )

    def place(self, garment: Garment) -> Garment:
        """Return a garment found in this part of a picture as one of the whole."""
        left, top, right, bottom = garment.box
        return replace(
            garment,
            box=(
                self.left + left * self.width,
                self.top + top * self.height,
                self.left + right * self.width,
                self.top + bottom * self.height,
            ),
            share=garment.share * self.width * self.height,
        )
