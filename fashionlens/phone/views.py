"""The shop as an app of a phone: its manifest, and the pages without a network."""

from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from fashionlens.identity.contrast import PAPERS
from fashionlens.identity.current import current_identity
from fashionlens.languages.addresses import address_in
from fashionlens.phone.icons import ICON_SIDES

SHORT_NAME_CHARS = 12  # phones cut longer names
# What the service worker keeps for the pages without a network.
_FILES = ("shop.css", "shop.js", "offline.js", "favicon.svg")


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    name = current_identity().shop.name
    search = reverse("storefront:search")
    content = {
        "id": get_script_prefix(),
        "name": name,
        "short_name": name[:SHORT_NAME_CHARS].strip(),
        "start_url": reverse("storefront:home"),
        "scope": get_script_prefix(),
        "display": "standalone",
        "background_color": PAPERS["light"],
        "theme_color": PAPERS["light"],
        "icons": [
            _icon(side, use) for side in ICON_SIDES for use in ("any", "maskable")
        ],
        "shortcuts": [{"name": gettext("Search with a photo"), "url": search}],
        "share_target": {
            # The service worker takes it; without one the form's own view does.
            "action": f"{search}?shared=1",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"files": [{"name": "photo", "accept": ["image/*"]}]},
        },
    }
    return JsonResponse(content, content_type="application/manifest+json")


def _icon(side: int, purpose: str) -> dict[str, str]:
    file = f"phone/{'icon' if purpose == 'any' else 'maskable'}-{side}.png"
    size = f"{side}x{side}"
    return {"src": static(file), "sizes": size, "type": "image/png", "purpose": purpose}


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return the script at the root of the shop: it serves what lies below it."""
    root = get_script_prefix()
    languages = [code for code, _ in settings.LANGUAGES]
    context = {
        "files": [static(f"storefront/{name}") for name in _FILES],
        "offline": {address_in(c, "/"): address_in(c, "/offline/") for c in languages},
        "forget": [address_in(c, "/looked-at/forget/") for c in languages],
        "closed": [f"{root}admin/", f"{root}api/", settings.MEDIA_URL],
    }
    script = str(render_to_string("phone/service-worker.js", context))
    # Its cache is another one when the script or a file that it keeps has changed.
    version = sha256(script.encode()).hexdigest()[:12]
    script = script.replace("VERSION_OF_THIS_SCRIPT", version)
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "phone/offline.html")
