"""Pages that are the same for everybody, for caches in front of the shop."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from fashionlens.storefront.recently_viewed import COOKIE

SHARED_S = 60  # a new price is shown by then


def same_for_everybody(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """Let shared caches keep the page, except one for a shopper or for the staff.

    There is no `Vary: Cookie`, with which every cookie of another program on the site
    would make a page of its own: a cache may answer a shopper with the page of
    everybody, which lacks what was viewed before.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = view(request, *args, **kwargs)
        is_page = request.method in ("GET", "HEAD") and response.status_code == 200
        if not is_page or is_personal(request):
            patch_cache_control(response, private=True)
        else:
            patch_cache_control(response, public=True, max_age=0, s_maxage=SHARED_S)
        return response

    return wrapped


def is_personal(request: HttpRequest) -> bool:
    # `q` holds words, whose list has an id for each shopper, or such an id.
    cookies = {settings.SESSION_COOKIE_NAME, COOKIE}
    return "q" in request.GET or not cookies.isdisjoint(request.COOKIES)
