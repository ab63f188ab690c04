"""The Celery task that removes old failed searches of the help centre."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from helpcenter.models import Miss
from verification import retention

_KEEP = timedelta(days=180)  # deploy/running.md names it too


@shared_task(name="helpcenter.tasks.purge")
def purge(**_more: Any) -> None:
    """Delete failed searches that nobody has made for half a year. Runs daily."""
    retention.remove(Miss.objects.filter(last_at__lt=timezone.now() - _KEEP))
