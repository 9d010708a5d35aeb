from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "fashionlens.webhooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        from fashionlens.webhooks import receivers  # noqa: F401
