from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class BackofficeConfig(AppConfig):
    name = "fashionlens.backoffice"

    def ready(self) -> None:
        from fashionlens.backoffice.people.roles import write_roles

        # After the last app whose tables have permissions. Not in a migration: tables
        # that come later belong to the roles too.
        post_migrate.connect(write_roles, sender=apps.get_app_config("axes"))
