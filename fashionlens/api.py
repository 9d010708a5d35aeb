"""The API's addresses, its front door and its docs.

Other frontends read the catalogue and search it from browsers of their own: no
cookies and no accounts are involved, so an origin named in CORS_ALLOWED_ORIGINS may
do all that the API offers. Errors are problem JSON throughout (`catalog.api.problems`).
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, include, path, re_path, resolve, reverse
from django.views import defaults
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import catalog.api.views
import search.api.recommendations
import search.api.views
from catalog.parameters import NoParameters


class RootView(APIView):
    @extend_schema_serializer(component_name="Root")
    class Output(serializers.Serializer):
        products = serializers.URLField()
        categories = serializers.URLField()
        search = serializers.URLField(help_text="POST a photo here")
        schema = serializers.URLField(help_text="OpenAPI 3.1")
        docs = serializers.URLField(help_text="For people")

    @extend_schema(
        operation_id="root",
        summary="Where things are",
        tags=["about"],
        responses=Output,
    )
    def get(self, request: Request) -> Response:
        """The addresses to start from."""
        NoParameters.read(request.query_params)
        return Response(
            {
                name: request.build_absolute_uri(reverse(f"api:{name}"))
                for name in self.Output().fields
            }
        )


@extend_schema(exclude=True)
class NothingHereView(APIView):
    """Whatever has no address under /api/: a problem, where Django would send HTML."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(f"There is nothing at {request.path}.{_hint(request.path)}")


@extend_schema(exclude=True)
class RefusedView(APIView):
    def initial(self, *args: Any, exception: Exception, **kwargs: Any) -> None:
        raise exception


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before a view is asked, such as a host that it does not
    know: under /api/ a problem, where Django would send HTML."""
    if request.path.startswith("/api/"):
        return RefusedView.as_view()(request, exception=exception)
    return defaults.bad_request(request, exception)


def _hint(address: str) -> str:
    if address.endswith("/"):
        return f" Start at {reverse('api:root')}."
    try:
        known = resolve(f"{address}/").url_name != "nothing"
    except Resolver404:
        known = False
    return f" Addresses end with a slash: {address}/" if known else ""


v1 = [
    path("", RootView.as_view(), name="root"),
    *catalog.api.views.urlpatterns,
    *search.api.views.urlpatterns,
    *search.api.recommendations.urlpatterns,
]
app_name = "api"
urlpatterns = [
    path("v1/", include(v1)),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
    re_path("", NothingHereView.as_view(), name="nothing"),
]
