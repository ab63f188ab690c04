"""Where the floor's texts go: a queue of the same broker, which nobody reads."""

from celery import Celery

QUEUE = "floor"

texts = Celery("floor", set_as_current=False)
texts.config_from_object("mfasite.settings", namespace="CELERY")
