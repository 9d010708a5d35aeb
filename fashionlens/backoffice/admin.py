"""Registers every admin page when Django loads it."""

from django.contrib import admin

from fashionlens.backoffice import (  # noqa: F401
    duplicates,
    events,
    feeds,
    products,
    words,
)
from fashionlens.backoffice.changes import history  # noqa: F401
from fashionlens.backoffice.encoders import failures, page  # noqa: F401
from fashionlens.backoffice.people import accounts  # noqa: F401

admin.site.index_title = "Overview"
