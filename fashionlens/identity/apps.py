from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "fashionlens.identity"
    verbose_name = "Shop"
