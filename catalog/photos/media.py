import errno

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

from catalog.photos import thumbnails


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a file of MEDIA_ROOT, drawing a thumbnail that does not exist yet.

    A proxy may serve these files if it asks here for those it does not find.
    """
    response: HttpResponseBase
    try:
        response = serve(request, path, document_root=settings.MEDIA_ROOT)
    except Http404:
        if not (drawing := thumbnails.draw(path)):
            raise
        response = HttpResponse(drawing.content, content_type="image/webp")
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise Http404("No file has a name of this length.") from error
    # Names contain a hash of the pixels, so the content of a name never changes.
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
