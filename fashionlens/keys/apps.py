from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "fashionlens.keys"
    verbose_name = "API"

    def ready(self) -> None:
        from fashionlens.keys import cors, schema  # noqa: F401
