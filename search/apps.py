from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = "Visual search"

    def ready(self) -> None:
        from catalog.word_query.by_looks import register_looks_search
        from search import checks, signals  # noqa: F401  (checks register themselves)
        from search.index.encoders import register_shipped
        from search.query.words.by_looks import EncoderLooksSearch

        signals.connect()
        register_looks_search(EncoderLooksSearch())
        post_migrate.connect(register_shipped, sender=self)
