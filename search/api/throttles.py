from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class SearchThrottle(SimpleRateThrottle):
    """SEARCH_RATE photo searches by one address; counted in the cache all share."""

    scope = "search"

    def get_rate(self) -> str | None:
        return settings.SEARCH_RATE or None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {
            "scope": self.scope,
            "ident": self.get_ident(request),
        }
