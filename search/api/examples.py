"""Answers as the docs show them; a test holds them to the real ones' shape."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from catalog.api.examples import FACETS, PHOTO, PRODUCT, SHOP

MATCH: dict[str, Any] = {
    "product": PRODUCT,
    "photo": PHOTO,
    "distance": 0.0421,
    "band": "very similar",
}
SEARCH_PAGE: dict[str, Any] = {
    "count": 500,
    "next": f"{SHOP}/api/v1/search/eWE2_kwctSx5PDYIvkMAXQ/?page_size=24&page=2",
    "previous": None,
    "query": "eWE2_kwctSx5PDYIvkMAXQ",
    "encoder": "report-aea44747",
    "took_ms": 9.9,
    "complete": True,
    "by_words": None,
    "facets": FACETS | {"at_least": True},
    "results": [MATCH],
}
SIMILAR: dict[str, Any] = {
    "query": "s-137-52d0c1-Rm2vTq9L-0b7d13e8fa56",
    "encoder": "report-aea44747",
    "took_ms": 4.2,
    "pending": False,
    "complete": True,
    "results": [MATCH],
}
GOES_WITH: dict[str, Any] = {
    "query": "g-137-52d0c1-x7Kd92Qa-9f3c2b7a1d4e",
    "encoder": "report-aea44747",
    "took_ms": 12.8,
    "results": [{"product": PRODUCT, "photo": PHOTO}],
}
RECOMMENDATIONS: dict[str, Any] = {
    "query": "l-0-52d0c1-Zq81mNvT-41c09ad7be25",
    "encoder": "report-aea44747",
    "took_ms": 8.1,
    "because": ["DRESS-0017", "SKIRT-0003"],
    "results": [MATCH],
}
EVENTS = OpenApiExample(
    "Seen, clicked, bought",
    {
        "events": [
            {
                "kind": "impression",
                "query": "eWE2_kwctSx5PDYIvkMAXQ",
                "position": 1,
                "products": ["DRESS-0042", "DRESS-0017"],
            },
            {
                "kind": "click",
                "query": "eWE2_kwctSx5PDYIvkMAXQ",
                "position": 2,
                "products": ["DRESS-0017"],
            },
            {
                "kind": "cart",
                "query": "eWE2_kwctSx5PDYIvkMAXQ",
                "position": 2,
                "products": ["DRESS-0017"],
                "id": "0d4f6c1e-6f0b-4f3c-9a53-0f8f5b1f2a77",
            },
        ]
    },
    request_only=True,
)
EVENTS_RECORDED: dict[str, Any] = {
    "recorded": 2,
    "refused": [
        {
            "index": 2,
            "code": "unknown_query",
            "detail": "There is no query 'eWE2', or it is too old.",
        }
    ],
}
