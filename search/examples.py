"""Answers as the docs show them; a test holds them to the real ones' shape."""

from typing import Any

from catalog.examples import PHOTO, PRODUCT, SHOP

MATCH: dict[str, Any] = {
    "product": PRODUCT,
    "photo": PHOTO,
    "distance": 0.0421,
    "band": "very similar",
}
VALUE: dict[str, Any] = {
    "value": "dress",
    "name": "Dresses",
    "count": 124,
    "chosen": False,
}
FACETS: dict[str, Any] = {
    "categories": [VALUE],
    "brands": [VALUE | {"value": "Ostra", "name": "Ostra", "count": 61}],
    "colours": [VALUE | {"value": "navy", "name": "navy", "count": 87}],
    "prices": [
        {"min_cents": 2500, "max_cents": 4999, "count": 205, "chosen": False},
    ],
    "in_stock": 468,
    "at_least": True,
}
SEARCH_PAGE: dict[str, Any] = {
    "count": 500,
    "next": f"{SHOP}/api/v1/search/eWE2_kwctSx5PDYIvkMAXQ/?page_size=24&page=2",
    "previous": None,
    "query": "eWE2_kwctSx5PDYIvkMAXQ",
    "encoder": "report-aea44747",
    "took_ms": 9.9,
    "complete": True,
    "facets": FACETS,
    "results": [MATCH],
}
SIMILAR: dict[str, Any] = {
    "encoder": "report-aea44747",
    "took_ms": 4.2,
    "pending": False,
    "complete": True,
    "results": [MATCH],
}
