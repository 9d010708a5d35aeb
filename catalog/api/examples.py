"""Answers as the docs show them; a test holds them to the real ones' shape."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

SHOP = "https://shop.example"
_THUMBNAILS = f"{SHOP}/media/thumbnails/products/3f/3f6c0b"

PRODUCT: dict[str, Any] = {
    "sku": "DRESS-0042",
    "title": "Navy wrap dress",
    "brand": "Nordlys",
    "category": {"slug": "dress", "name": "Dresses"},
    "price": {"cents": 4990, "currency": "EUR", "display": "49.90 EUR"},
    "stock": 7,
    "in_stock": True,
    "url": f"{SHOP}/products/navy-wrap-dress-0042/",
}
PHOTO: dict[str, Any] = {
    "id": 137,
    "url": f"{SHOP}/media/products/3f/3f6c0b.jpg",
    "thumbnails": {
        "small": f"{_THUMBNAILS}/small.webp",
        "card": f"{_THUMBNAILS}/card.webp",
    },
    "width": 1200,
    "height": 1600,
    "alt_text": "Navy wrap dress, front",
    "position": 0,
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
    "at_least": False,
}
PRODUCT_PAGE: dict[str, Any] = {
    "count": 61,
    "next": f"{SHOP}/api/v1/products/?page=2&category=dress",
    "previous": None,
    "words": None,
    "facets": FACETS,
    "results": [{**PRODUCT, "cover": PHOTO}],
}
PRODUCT_DETAIL: dict[str, Any] = {
    **PRODUCT,
    "description": "A wrap dress in dark blue cotton, cut to the knee.",
    "created": "2026-11-23T09:30:00Z",
    "updated": "2026-11-23T09:30:00Z",
    "photos": [
        {
            **PHOTO,
            "thumbnails": {
                **PHOTO["thumbnails"],
                "large": f"{_THUMBNAILS}/large.webp",
            },
        }
    ],
}
CATEGORY_PAGE: dict[str, Any] = {
    "count": 10,
    "next": None,
    "previous": None,
    "results": [{"slug": "dress", "name": "Dresses", "product_count": 61}],
}


def example(value: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample("Answer", value, response_only=True, status_codes=["200"])]
