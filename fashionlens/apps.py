from django.apps import AppConfig


class FashionLensConfig(AppConfig):
    name = "fashionlens"
    verbose_name = "FashionLens"
