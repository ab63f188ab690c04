"""The site: settings, addresses, Celery and health. Composition only, no rules."""

from mfasite.celery import app as celery_app

__all__ = ["celery_app"]

__version__ = "0.1.0.dev0"  # the one place; CHANGELOG.md says what each contains
