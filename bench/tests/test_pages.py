from random import Random

import pytest
from django.urls import URLPattern, resolve

from bench.pages.requests import page_kinds
from catalog.api.writes import WriteView
from catalog.tests.factories import make_product
from fashionlens.api import v1
from fashionlens.storefront.urls import urlpatterns

# Addresses of the shop that only take a POST.
POSTED = {"forget"}


@pytest.mark.django_db
def test_every_page_and_endpoint_is_measured():
    make_product(photo=True)
    kinds = list(page_kinds(Random(1), ["a-kept-search"]))
    assert len({kind.name for kind in kinds}) == len(kinds)
    matches = [resolve(kind.address().partition("?")[0]) for kind in kinds]
    measured = {(match.namespace, match.url_name) for match in matches}
    patterns = [*v1[0:1], *(each for group in v1[1:] for each in group.url_patterns)]
    expected = {("api", each.name) for each in patterns if _is_public(each)}
    expected |= {("storefront", pattern.name) for pattern in urlpatterns}
    missing = {name for name in expected - measured if name[1] not in POSTED}
    assert missing == set()


def _is_public(pattern: URLPattern) -> bool:
    """Return whether everybody may GET it: the others need a key."""
    view = pattern.callback.view_class
    return hasattr(view, "get") and not issubclass(view, WriteView)
