"""How large a request may be, checked before anything of its body is parsed."""

import re

from django.conf import settings

from fashionlens.languages.addresses import without_prefix
from ml.preprocess import MAX_BYTES

MB = 1024 * 1024
PHOTO_SEARCHES = {"/search/", "/api/v1/search/"}
BULK = "/api/v1/products/bulk/"
_UPLOADS = re.compile("/api/v1/(products/.+/photos|imports)/")
ADMIN = "/admin/"
MAX_BODY = MB
MAX_PHOTO_BODY = MAX_BYTES + 2 * MB  # one photo and the other fields
MAX_UPLOAD_BODY = 64 * MB  # photos of a product, or a feed, with a key
MAX_BULK_BODY = 8 * MB  # 500 products
MAX_STAFF_BODY = 128 * MB  # the photos of a product
# Set by the server for a request that it has no thread for.
BUSY = "fashionlens.busy"


def is_photo_search(method: str, path: str) -> bool:
    return method == "POST" and takes_photos(path)


def takes_photos(path: str) -> bool:
    return _below_prefix(path) in PHOTO_SEARCHES


def max_body(path: str, *, staff: bool) -> int:
    path = _below_prefix(path)
    if path in PHOTO_SEARCHES:
        return MAX_PHOTO_BODY
    if _UPLOADS.fullmatch(path):
        return MAX_UPLOAD_BODY
    if path == BULK:
        return MAX_BULK_BODY
    return MAX_STAFF_BODY if staff and path.startswith(ADMIN) else MAX_BODY


def max_body_by_cookie(path: str, cookies: str) -> int:
    """Return the limit for a request whose session has not been looked up yet."""
    return max_body(path, staff=f"{settings.SESSION_COOKIE_NAME}=" in cookies)


def _below_prefix(path: str) -> str:
    """Return the path below SCRIPT_NAME and the prefix of a language."""
    return without_prefix(path.removeprefix(settings.FORCE_SCRIPT_NAME or ""))
