from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from catalog import signals  # noqa: F401
        from catalog.announcements import receivers as announcements  # noqa: F401
        from catalog.former_slugs import receivers as former_slugs  # noqa: F401
        from catalog.product_words import checks, receivers  # noqa: F401
