"""Forms without a token: what another site may send, and what not.

A photo search needs no token. It changes nothing of the shopper's, there is no account,
its answer cannot be read by other sites, and the API takes the same photo from anybody.
So the pages need no cookie, and one copy of a page serves everybody. Browsers say where
a form was sent from: what another site sends is refused, as it would only spend the
shopper's share of the rate limit.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.csrf import csrf_exempt

# "none" is a person: the address bar, or another app that shares a photo.
_OWN = {"same-origin", "none"}


def from_this_shop(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse what is posted from another site, by headers instead of a token."""

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        if request.method == "POST" and _is_foreign(request):
            return TemplateResponse(request, "403_cross_site.html", status=403)
        return view(request, *args, **kwargs)

    return wrapped


def _is_foreign(request: HttpRequest) -> bool:
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in _OWN
    # Older browsers; programs send neither header, and have no shopper to harm.
    origin = request.headers.get("Origin")
    if not origin or origin in settings.CSRF_TRUSTED_ORIGINS:
        return False
    return urlsplit(origin).netloc != request.get_host()
