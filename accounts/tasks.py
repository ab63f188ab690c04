"""Celery's entrance to the housekeeping of people's tables: removes what is over."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts.models import PasswordReset, SentForm
from accounts.sessions import SessionStore
from accounts.support.imports import jobs

_KEEP = timedelta(days=1)


@shared_task(name="accounts.tasks.purge")
def purge(**_more: Any) -> None:
    """Once a day: remove sessions, half signed-in ones too, mailed links that are over, and old forms' names."""
    SessionStore.clear_expired()
    PasswordReset.objects.filter(ends_at__lt=timezone.now() - _KEEP).delete()
    SentForm.objects.filter(sent_at__lt=timezone.now() - _KEEP).delete()
    jobs.purge(timezone.now())


@shared_task(name="accounts.tasks.imports")
def imports(**_more: Any) -> None:
    """Every few seconds: work off the files that were brought in."""
    jobs.work(timezone.now())
