from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = "Visual search"

    def ready(self) -> None:
        from search import checks, signals  # noqa: F401  (checks register themselves)
        from search.index.encoders import register_shipped

        signals.connect()
        post_migrate.connect(register_shipped, sender=self)
