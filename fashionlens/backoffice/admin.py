"""Registers every admin page when Django loads it."""

from fashionlens.backoffice import duplicates, events, index, products  # noqa: F401
