from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _

from fashionlens.storefront.error_pages import sentence_of
from ml.preprocess import FORMATS, MAX_BYTES, MAX_MB, too_large


@dataclass(frozen=True)
class PhotoForm:
    """The form that a photo search starts with, as templates show it."""

    errors: Sequence[str] = ()
    address: str = ""  # of a photo on the web, as typed

    max_bytes: ClassVar[int] = MAX_BYTES

    @property
    def too_large(self) -> str:
        """Return what the browser says before it uploads, in the server's words."""
        return sentence_of(too_large())

    @property
    def limits(self) -> str:
        values = {"formats": ", ".join(FORMATS[:-1]), "last": FORMATS[-1], "mb": MAX_MB}
        return _("%(formats)s or %(last)s, up to %(mb)d MB.") % values

    @property
    def takes_addresses(self) -> bool:
        return settings.SEARCH_ADDRESSES
