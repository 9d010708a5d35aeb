"""The shop's error pages, with the reason and a way back, also while DEBUG is on."""

from django.http import HttpRequest
from django.template.response import TemplateResponse

from catalog.filters import ParameterError


def bad_request(request: HttpRequest, reasons: list[str]) -> TemplateResponse:
    return TemplateResponse(request, "400.html", {"reasons": reasons}, status=400)


def not_found(request: HttpRequest, reason: str) -> TemplateResponse:
    return TemplateResponse(request, "404.html", {"reason": reason}, status=404)


def parameter_error(request: HttpRequest, error: ParameterError) -> TemplateResponse:
    """Return 404 for a value that the shop does not have, 400 for an invalid one."""
    if error.code.startswith("unknown_"):
        return not_found(request, str(error))
    return bad_request(request, [str(error)])
