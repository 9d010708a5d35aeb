from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings

from ml.preprocess import FORMATS, MAX_BYTES, MAX_MB


@dataclass(frozen=True)
class PhotoForm:
    """The form that a photo search starts with, as templates show it."""

    errors: Sequence[str] = ()
    address: str = ""  # of a photo on the web, as typed

    max_bytes: ClassVar[int] = MAX_BYTES
    # Shown by the browser before it uploads; a test compares it with the server's.
    too_large: ClassVar[str] = (
        f"This file is larger than {MAX_MB} MB. Save the photo smaller "
        "or with more compression and try again."
    )
    limits: ClassVar[str] = (
        f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}, up to {MAX_MB} MB."
    )

    @property
    def takes_addresses(self) -> bool:
        return settings.SEARCH_ADDRESSES
