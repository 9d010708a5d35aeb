"""The products a shopper viewed last, kept in a signed cookie and nowhere else.

The cookie ends with the browser's session.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from catalog.models import Product
from search.recommend.recommendations import MAX_SEEDS

COOKIE = "looked_at"


def recently_viewed(request: HttpRequest) -> list[int]:
    value = request.get_signed_cookie(COOKIE, default="", salt=COOKIE) or ""
    return [int(pk) for pk in value.split(".") if pk][:MAX_SEEDS]


def viewed_products(request: HttpRequest, *, but: Product) -> list[Product]:
    ids = [pk for pk in recently_viewed(request) if pk != but.pk]
    if not ids:
        return []
    products = Product.objects.published().with_photos().in_bulk(ids)
    return [products[pk] for pk in ids if pk in products]


def remember(request: HttpRequest, response: HttpResponse, product_id: int) -> None:
    others = [pk for pk in recently_viewed(request) if pk != product_id]
    value = ".".join(map(str, [product_id, *others][:MAX_SEEDS]))
    response.set_signed_cookie(
        COOKIE,
        value,
        salt=COOKIE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
