"""The site: settings, addresses, Celery and health. Composition only, no rules."""

from mfasite.celery import app as celery_app

__all__ = ["celery_app"]
