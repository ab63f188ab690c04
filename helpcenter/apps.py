"""Django app configuration of the help centre."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HelpConfig(AppConfig):
    name = "helpcenter"
    verbose_name = "Help centre"

    def ready(self) -> None:
        from helpcenter import audit_events  # noqa: F401  (declares what the help centre records)
        from helpcenter.management import articles_after_migrate

        post_migrate.connect(articles_after_migrate.load_articles, sender=self)
