from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from catalog.models import Category


def categories(request: HttpRequest) -> dict[str, QuerySet[Category]]:
    """Give templates `all_categories`, loaded once, when one of them loops over it."""
    return {"all_categories": Category.objects.all()}


def staff(request: HttpRequest) -> dict[str, object]:
    """Give templates `is_staff`, without asking for a session where there is none.

    Asking would make the page one that varies by cookie.
    """
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    is_staff = SimpleLazyObject(lambda: has_session and request.user.is_staff)
    return {"is_staff": is_staff}
