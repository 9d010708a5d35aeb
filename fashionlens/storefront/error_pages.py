"""The shop's error pages: the reason and a way back, while DEBUG is on too."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError

from catalog.filters import ParameterError
from catalog.former_slugs.addresses import with_new_categories
from catalog.parameters import sentences
from ml.preprocess import PhotoError


def bad_request(request: HttpRequest, reasons: list[str]) -> TemplateResponse:
    return TemplateResponse(request, "400.html", {"reasons": reasons}, status=400)


def not_found(request: HttpRequest, reason: str) -> TemplateResponse:
    return TemplateResponse(request, "404.html", {"reason": reason}, status=404)


def parameter_error(
    request: HttpRequest, error: ParameterError | ValidationError
) -> HttpResponse:
    """Return 404 for a value that the shop does not have, 400 for an invalid one."""
    if isinstance(error, ParameterError) and error.code.startswith("unknown_"):
        if parameters := with_new_categories(request.GET):
            address = f"{request.path}?{parameters.urlencode()}"
            return HttpResponsePermanentRedirect(address)
        return not_found(request, str(error))
    return bad_request(request, reasons(error))


def reasons(error: Exception) -> list[str]:
    if isinstance(error, ValidationError):
        return sentences(error)
    return [sentence_of(error) if isinstance(error, PhotoError) else str(error)]


def sentence_of(error: PhotoError) -> str:
    return gettext(error.message).format(**error.values)
