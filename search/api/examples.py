"""Answers as the docs show them, written by the functions that write the real ones."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from catalog.api.examples import (
    PUBLIC,
    SHOP,
    AnswerExample,
    facets_example,
    sample_photo,
    sample_product,
)
from ml.encoder import Garment
from search.api.serializers import garment_json, match_json, piece_json
from search.query.results import Result

SEARCH_ID = "eWE2_kwctSx5PDYIvkMAXQ"
ENCODER = "fashion-6aeebf6b"


def sample_match() -> Result:
    return Result(
        sample_product(),
        sample_photo(),
        0.0421,
        "very similar",
        ENCODER,
        is_similar=True,
        why=("kind", "colour"),
    )


def search_page_example() -> dict[str, Any]:
    return {
        "count": 500,
        "next": f"{SHOP}/api/v1/search/{SEARCH_ID}/?page_size=24&page=2",
        "previous": None,
        "query": SEARCH_ID,
        "encoder": ENCODER,
        "took_ms": 9.9,
        "complete": True,
        "close_enough": True,
        "by_words": None,
        "facets": facets_example(at_least=True),
        "garments": [garment_json(Garment((0.21, 0.08, 0.77, 0.94), 0.38))],
        "results": [match_json(sample_match(), PUBLIC)],
    }


def similar_example() -> dict[str, Any]:
    return {
        "query": "s.3t.52d0c1.Rm2vTq9L.7Jm1cXw0vQ2nUeR5tK9sYdB4hZo",
        "encoder": ENCODER,
        "took_ms": 4.2,
        "pending": False,
        "complete": True,
        "close_enough": True,
        "results": [match_json(sample_match(), PUBLIC)],
    }


def goes_with_example() -> dict[str, Any]:
    return {
        "query": "g.3t.52d0c1.x7Kd92Qa.Yh3sLq8ZbT0fPw6mNvC1eXu5RkA",
        "encoder": ENCODER,
        "took_ms": 12.8,
        "results": [piece_json(sample_match(), PUBLIC)],
    }


def recommendations_example() -> dict[str, Any]:
    return {
        "query": "l.0.52d0c1.Zq81mNvT.2pWk7GsD9xVtHq4oJbM0cEzFy6U",
        "encoder": ENCODER,
        "took_ms": 8.1,
        "because": ["DRESS-0017", "SKIRT-0003"],
        "results": [match_json(sample_match(), PUBLIC)],
    }


def events_recorded_example() -> dict[str, Any]:
    refused = {
        "index": 2,
        "code": "unknown_query",
        "detail": "There is no query 'eWE2', or it has expired.",
    }
    return {"recorded": 2, "refused": [refused]}


EVENTS = OpenApiExample(
    "Seen, clicked and added to the cart",
    {
        "events": [
            {
                "kind": "impression",
                "query": SEARCH_ID,
                "position": 1,
                "products": ["DRESS-0042", "DRESS-0017"],
            },
            {
                "kind": "click",
                "query": SEARCH_ID,
                "position": 2,
                "products": ["DRESS-0017"],
            },
            {
                "kind": "cart",
                "query": SEARCH_ID,
                "position": 2,
                "products": ["DRESS-0017"],
                "id": "0d4f6c1e-6f0b-4f3c-9a53-0f8f5b1f2a77",
            },
        ]
    },
    request_only=True,
)


SEARCH_PAGE = AnswerExample(search_page_example)
SIMILAR = AnswerExample(similar_example)
GOES_WITH = AnswerExample(goes_with_example)
RECOMMENDATIONS = AnswerExample(recommendations_example)
EVENTS_RECORDED = AnswerExample(events_recorded_example)
