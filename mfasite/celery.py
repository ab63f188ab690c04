"""The Celery application that web and worker processes share; its options stand in the settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")

app = Celery("mfasite")
app.config_from_object("django.conf:settings", namespace="CELERY")
