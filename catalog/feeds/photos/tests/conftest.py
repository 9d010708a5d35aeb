from catalog.feeds.tests.conftest import prepared, shop  # noqa: F401
