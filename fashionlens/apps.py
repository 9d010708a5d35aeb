from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class FashionLensConfig(AppConfig):
    name = "fashionlens"
    verbose_name = "FashionLens"

    def ready(self) -> None:
        from fashionlens import checks  # noqa: F401  (they register themselves)
        from fashionlens.logs import access
        from fashionlens.postgres import checks as postgres_checks  # noqa: F401
        from fashionlens.postgres.jit import disable_jit
        from fashionlens.postgres.replica import checks as replica_checks  # noqa: F401

        access.connect()
        # Sent for apps with models only. Not in a migration: a restored database has
        # its migrations, but not the settings of the one that was saved.
        post_migrate.connect(disable_jit, sender=apps.get_app_config("search"))
