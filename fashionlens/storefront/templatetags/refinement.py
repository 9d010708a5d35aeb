"""Links that add and remove what refines a search."""

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def refine_link(context: dict[str, Any], name: str, sku: str) -> str:
    return _link(context, name, sku)


@register.simple_tag(takes_context=True)
def unrefine_link(context: dict[str, Any], sku: str) -> str:
    """Return the address of these results without the product.

    Without anything left to search by, it is the address of the empty form.
    """
    search = context["search"]
    others = set(search.refinement.like) - {sku}
    if not (search.origin.has_picture or search.refinement.words or others):
        return reverse("storefront:search")
    return _link(context, "", sku)


def _link(context: dict[str, Any], name: str, sku: str) -> str:
    parameters = context["request"].GET.copy()
    for each in ("like", "dislike"):
        others = [other for other in parameters.getlist(each) if other != sku]
        parameters.setlist(each, others)
    if name:
        parameters.appendlist(name, sku)
    parameters.pop("page", None)
    return f"{context['list_path']}?{parameters.urlencode()}".removesuffix("?")
