import errno

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

from catalog.photos import thumbnails
from catalog.photos.storage import PRIVATE_FOLDERS

# Names contain a hash of the pixels, so the content of a name never changes.
FOR_EVER = "public, max-age=31536000, immutable"
# Well below the time for which the signed address of an object is valid.
FOR_A_WHILE = "public, max-age=1800"


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a photo or thumbnail, drawing a thumbnail that does not exist yet.

    A proxy may serve the files of MEDIA_ROOT if it asks here for those it does not
    find. Those of an object storage are redirected to.
    """
    if path.split("/", 1)[0] in PRIVATE_FOLDERS:
        raise Http404(f"There is no photo {path}.")
    stored = _redirect if hasattr(default_storage, "object_url") else _serve
    try:
        return stored(request, path)
    except Http404:
        if not (thumbnail := thumbnails.draw(path)):
            raise
        headers = {"Cache-Control": FOR_EVER}
        return HttpResponse(thumbnail, "image/webp", headers=headers)


def _serve(request: HttpRequest, path: str) -> HttpResponseBase:
    try:
        response = serve(request, path, document_root=settings.MEDIA_ROOT)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise Http404("No file has a name of this length.") from error
    response["Cache-Control"] = FOR_EVER
    return response


def _redirect(request: HttpRequest, path: str) -> HttpResponseBase:
    try:
        if not default_storage.exists(path):
            raise Http404(f"There is no photo {path}.")
        address = default_storage.object_url(path)  # type: ignore[attr-defined]
    except SuspiciousOperation as error:
        raise Http404("No file has such a name.") from error
    return HttpResponseRedirect(address, headers={"Cache-Control": FOR_A_WHILE})
