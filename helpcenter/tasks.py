"""The Celery task that removes old feedback and failed searches of the help centre."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from helpcenter import feedback_and_failed_searches


@shared_task(name="helpcenter.tasks.purge")
def purge(**_more: Any) -> None:
    """Delete feedback from more than half a year ago, and searches that nobody has made since. Runs daily."""
    feedback_and_failed_searches.remove_old(timezone.now())
