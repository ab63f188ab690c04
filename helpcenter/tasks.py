"""The Celery task that removes old feedback and failed searches of the help centre."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from helpcenter.models import Feedback, Miss
from verification import retention
from verification.independent_steps import run_each

_RETENTION = timedelta(days=180)  # deploy/running.md names it too


@shared_task(name="helpcenter.tasks.purge")
def purge(**_more: Any) -> None:
    """Delete feedback from more than half a year ago, and searches that nobody has made since. Runs daily."""
    since = timezone.now() - _RETENTION
    run_each(
        lambda: retention.remove(Feedback.objects.filter(at__lt=since)),
        lambda: retention.remove(Miss.objects.filter(last_at__lt=since)),
    )
