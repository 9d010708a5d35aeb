"""What pages with a list share: its pages, and its filters as a form of its own."""

from collections.abc import Sequence
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.template.response import TemplateResponse

from catalog.filters import Filters
from catalog.listing import MAX_COUNTED, PAGE_SIZE, Listing
from catalog.models import Category
from fashionlens.storefront.htmx import HtmxRequest
from fashionlens.storefront.parameters import FILTERS
from search.query.nearest import Hit


class ListingPaginator(Paginator):
    """Pages of a listing, the last of which ends at MAX_COUNTED products."""

    def __init__(self, listing: Listing, order: list[str]) -> None:
        super().__init__(listing.in_order(order), PAGE_SIZE)  # type: ignore[arg-type]
        self.listing = listing

    @cached_property
    def count(self) -> int:
        return min(self.listing.count, MAX_COUNTED)

    @property
    def has_more(self) -> bool:
        return self.listing.count > MAX_COUNTED


def page_of_hits(hits: Sequence[Hit], number: str | int) -> Page:
    """Return a page of a search. Raises InvalidPage."""
    return Paginator(hits, PAGE_SIZE).page(number)


def filters_response(
    request: HtmxRequest, context: dict[str, object]
) -> TemplateResponse:
    """Return the form as a page, or to htmx the form alone."""
    name = "_filter_form.html" if request.htmx else "filters.html"
    context = {**context, "filter_names": FILTERS}
    return TemplateResponse(request, f"storefront/listing/{name}", context)


def only_category(filters: Filters) -> Category | None:
    """Return the category if exactly one is chosen."""
    if len(filters.categories) != 1:
        return None
    return Category.objects.filter(slug=filters.categories[0]).first()
