"""The addresses of the API, its root and its docs.

Who may use it: see `fashionlens.keys`. Every error is problem JSON: see
`catalog.api.problems`.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import (
    Resolver404,
    URLPattern,
    URLResolver,
    include,
    path,
    re_path,
    resolve,
    reverse,
)
from django.views import defaults
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.parameters import NoParameters


class RootView(APIView):
    @extend_schema_serializer(component_name="Root")
    class Output(serializers.Serializer):
        products = serializers.URLField(help_text="The list of products.")
        categories = serializers.URLField(help_text="The list of categories.")
        search = serializers.URLField(help_text="Where to POST a photo.")
        schema = serializers.URLField(help_text="This API as OpenAPI 3.1.")
        docs = serializers.URLField(help_text="The documentation for people.")

    @extend_schema(
        operation_id="root",
        summary="List the main addresses",
        tags=["about"],
        responses=Output,
    )
    def get(self, request: Request) -> Response:
        """Returns the addresses to start from."""
        NoParameters.read(request.query_params)
        return Response(
            {
                name: request.build_absolute_uri(reverse(f"api:{name}"))
                for name in self.Output().fields
            }
        )


@extend_schema(exclude=True)
class NotFoundView(APIView):
    """Answer unknown addresses under /api/ with a problem instead of Django's HTML."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(f"There is nothing at {request.path}.{_hint(request)}")


@extend_schema(exclude=True)
class ProblemView(APIView):
    def initial(self, *args: Any, exception: Exception, **kwargs: Any) -> None:
        raise exception


def problem(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer with a problem before any view has been called."""
    return ProblemView.as_view()(request, exception=exception).render()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses before any view, such as an unknown host."""
    if request.path_info.startswith("/api/"):
        return problem(request, exception)
    return defaults.bad_request(request, exception)


def _hint(request: Request) -> str:
    if request.path.endswith("/"):
        return f" Start at {reverse('api:root')}."
    try:
        known = resolve(f"{request.path_info}/").url_name != "not-found"
    except Resolver404:
        known = False
    return f" Addresses end with a slash: {request.path}/" if known else ""


v1: list[URLPattern | URLResolver] = [
    path("", RootView.as_view(), name="root"),
    path("", include("search.api.urls")),  # products/SKU/similar/ before products/SKU/
    path("", include("catalog.api.urls")),
]
app_name = "api"
urlpatterns = [
    path("v1/", include(v1)),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs/",
        # Its script is a request of its own: the page has no inline script.
        SpectacularSwaggerSplitView.as_view(
            url_name="api:schema", template_name="api_docs.html"
        ),
        name="docs",
    ),
    re_path("", NotFoundView.as_view(), name="not-found"),
]
