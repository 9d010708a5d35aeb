"""Links that refine the results on a page, and take what refines them away again."""

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def wish_link(context: dict[str, Any], name: str, sku: str) -> str:
    """These results with a product liked or disliked: `name` is "like" or "dislike"."""
    return _link(context, name, sku)


@register.simple_tag(takes_context=True)
def unwish_link(context: dict[str, Any], sku: str) -> str:
    """These results without a word about the product; where nothing else is asked, the
    page that asks."""
    query = context["query"]
    others = set(query.refinement.like) - {sku}
    if not (query.origin.has_picture or query.refinement.words or others):
        return reverse("storefront:search")
    return _link(context, "", sku)


def _link(context: dict[str, Any], name: str, sku: str) -> str:
    wish = context["request"].GET.copy()
    for each in ("like", "dislike"):
        wish.setlist(each, [other for other in wish.getlist(each) if other != sku])
    if name:
        wish.appendlist(name, sku)
    wish.pop("page", None)
    return f"{context['list_path']}?{wish.urlencode()}".removesuffix("?")
