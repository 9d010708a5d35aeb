from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class IdentityConfig(AppConfig):
    name = "fashionlens.identity"
    verbose_name = "Shop"

    def ready(self) -> None:
        from fashionlens.identity.current import forget_identity

        for model in self.get_models():
            post_save.connect(forget_identity, sender=model)
            post_delete.connect(forget_identity, sender=model)
