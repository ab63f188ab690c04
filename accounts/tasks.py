"""Celery tasks that clean up accounts tables and run imports."""

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
    """Delete expired sessions, including half signed-in ones, expired reset links and old form names. Runs daily."""
    SessionStore.clear_expired()
    PasswordReset.objects.filter(ends_at__lt=timezone.now() - _KEEP).delete()
    SentForm.objects.filter(sent_at__lt=timezone.now() - _KEEP).delete()
    jobs.purge(timezone.now())


@shared_task(name="accounts.tasks.imports")
def imports(**_more: Any) -> None:
    """Process imported files. Runs every few seconds."""
    jobs.work(timezone.now())
