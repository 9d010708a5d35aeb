from django.apps import AppConfig


class PhoneConfig(AppConfig):
    name = "fashionlens.phone"
