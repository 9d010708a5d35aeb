"""Django loads this module; it registers every admin page."""

from fashionlens.backoffice import duplicates, events, index, products  # noqa: F401
