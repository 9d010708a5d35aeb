from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from fashionlens.identity.contrast import PAPERS, ink_on, readable
from fashionlens.identity.models import Page, Shop
from fashionlens.storefront.error_pages import not_found

# The addresses in the pages change with the content.
_for_a_year = cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)


@require_safe
@_for_a_year
def colours(request: HttpRequest) -> HttpResponse:
    css = ""
    if accent := _stored_shop().accent:
        light, dark = (_rule(accent, PAPERS[scheme]) for scheme in ("light", "dark"))
        css = f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"
    return HttpResponse(css, content_type="text/css; charset=utf-8")


def _stored_shop() -> Shop:
    # Not the one that this process has read: browsers would keep an old one for a year.
    return Shop.objects.first() or Shop()


def _rule(accent: str, paper: str) -> str:
    shown = readable(accent, paper)
    wash = f"color-mix(in srgb, {shown} 12%, {paper})"
    return (
        f":root {{ --accent: {shown}; --accent-ink: {ink_on(shown)};"
        f" --accent-wash: {wash}; --crop-dot: {shown}; }}"
    )


@require_safe
@_for_a_year
def logo(request: HttpRequest) -> HttpResponse:
    picture = bytes(_stored_shop().logo)
    if not picture:
        raise Http404("The shop has no logo.")
    return HttpResponse(picture, content_type="image/png")


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    shown = Page.objects.filter(slug=slug).first()
    if shown is None:
        return not_found(request, "The shop has no such page.")
    return render(request, "storefront/page.html", {"page": shown})
