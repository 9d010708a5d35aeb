"""The products a shopper looked at last: in the shopper's own browser and nowhere else.

A signed cookie that ends with the browser's session holds their ids; no row and no
cache entry is made. A request without it is somebody who has looked at nothing.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from search.recommend.recommendations import MAX_SEEDS

COOKIE = "looked_at"


def looked_at(request: HttpRequest) -> list[int]:
    """Product ids, the last one first; [] without a cookie of ours."""
    value = request.get_signed_cookie(COOKIE, default="", salt=COOKIE) or ""
    return [int(each) for each in value.split(".") if each][:MAX_SEEDS]


def remember(request: HttpRequest, response: HttpResponse, product_id: int) -> None:
    others = [each for each in looked_at(request) if each != product_id]
    value = ".".join(map(str, [product_id, *others][:MAX_SEEDS]))
    response.set_signed_cookie(
        COOKIE,
        value,
        salt=COOKIE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        back, {request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(back if ours else "/", status=303)
    response.delete_cookie(COOKIE, samesite="Lax")
    return response
