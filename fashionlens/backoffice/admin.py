"""Registers every admin page when Django loads it."""

from fashionlens.backoffice import (  # noqa: F401
    duplicates,
    events,
    feeds,
    index,
    people,
    products,
    words,
)
from fashionlens.backoffice.changes import history  # noqa: F401
