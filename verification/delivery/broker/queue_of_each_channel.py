"""The Celery queue of each channel's messages. Emails share theirs with all background tasks."""

from django.conf import settings

from verification.models import Channel

QUEUE_OF_CHANNEL = {Channel.TEXT: "texts", Channel.CALL: "calls", Channel.MAIL: settings.CELERY_TASK_DEFAULT_QUEUE}
QUEUES = tuple(QUEUE_OF_CHANNEL.values())
