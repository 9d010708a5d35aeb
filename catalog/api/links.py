"""Addresses of ours in full, as the API tells them."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request


@extend_schema_field(OpenApiTypes.URI)
class AbsoluteURL(serializers.Field):
    """An address of ours in full; the source gives its path."""

    def to_representation(self, value: str) -> str:
        return full(value, root_of(self.context["request"]))


def root_of(request: Request) -> str:
    """Where the shop is, as https://shop.example."""
    return request.build_absolute_uri("/").removesuffix("/")


def full(path: str, root: str) -> str:
    """A path of ours in full; another host's address, as in MEDIA_URL, as it is."""
    return root + path if path.startswith("/") else path
