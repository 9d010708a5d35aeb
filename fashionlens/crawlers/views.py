from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# Lists with an id, filters and fragments of pages are not worth a visit.
_CLOSED = ("admin:index", "storefront:filters", "storefront:suggestions")


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request: HttpRequest) -> HttpResponse:
    closed = [reverse(name) for name in _CLOSED]
    closed += [f"{reverse('storefront:search')}*/", "/*/more/"]
    sitemap = request.build_absolute_uri(reverse("sitemaps"))
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    text = "\n".join([*lines, "", f"Sitemap: {sitemap}", ""])
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
