"""The Django project: settings, URLs, Celery and health checks. It only composes; it has no business rules."""

from mfasite.celery import app as celery_app

__all__ = ["celery_app"]

__version__ = "0.1.0.dev0"  # defined only here; CHANGELOG.md lists what each version contains
