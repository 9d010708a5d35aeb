from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from fashionlens.identity.current import Identity, current_identity


def identity(request: HttpRequest) -> dict[str, Identity]:
    """Give templates `identity`, read when one of them uses it."""
    return {"identity": SimpleLazyObject(current_identity)}  # type: ignore[dict-item]
