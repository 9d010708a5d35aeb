"""What the schema says of keys."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from catalog.api.strict import StrictSerializer
from catalog.parameters import Parameters
from fashionlens.keys.deprecation import deprecation_of
from fashionlens.keys.permissions import is_public


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "fashionlens.keys.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key made in the admin or by `manage.py api_key`.",
        }


class KeySchema(AutoSchema):
    def get_auth(self) -> list[dict[str, Any]]:
        """Return that a key is needed, or may be left out."""
        needed = super().get_auth()
        return [*needed, {}] if is_public(self.view, self.method) else needed

    def is_deprecated(self) -> bool:
        return bool(deprecation_of(self.view)) or super().is_deprecated()

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, StrictSerializer | Parameters):
            schema["additionalProperties"] = False  # unknown fields are refused
        return schema
