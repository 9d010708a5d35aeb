from math import ceil
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param


def check_page(number: int, size: int, count: int) -> None:
    """Raise NotFound beyond the last page. The first page always exists."""
    last = max(1, ceil(count / size))
    if number > last:
        raise NotFound(f"Page {number} is beyond the last, {last}.", "page_beyond_end")


def page_links(
    request: Request, address: str, number: int, has_more: bool
) -> dict[str, Any]:
    """Return `next` and `previous` for a page of the list at `address`."""

    def link(page: int) -> str:
        return replace_query_param(request.build_absolute_uri(address), "page", page)

    return {
        "next": link(number + 1) if has_more else None,
        "previous": link(number - 1) if number > 1 else None,
    }


def page_of(request: Request, rows: QuerySet, values: dict[str, Any]) -> dict[str, Any]:
    """Return the page of `rows` that valid `PageParameters` name, with its links."""
    number, size = values["page"], values["page_size"]
    count = rows.count()
    check_page(number, size, count)
    start, end = (number - 1) * size, number * size
    return {
        "count": count,
        **page_links(request, request.get_full_path(), number, end < count),
        "results": rows[start:end],
    }
