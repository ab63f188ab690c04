"""Celery tasks that clean up accounts tables, run imports and read directories."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from accounts import applications, invitations, ldap_sync
from accounts.integrations.oidc import authorization_codes
from accounts.integrations.oidc.back_channel import deliveries_and_retries
from accounts.models import CallerCheck, GroupRequest, PasswordReset, SentForm, SupportRequest
from accounts.sessions.session_store import SessionStore
from accounts.support.imports import jobs
from verification import jwt_signing_keys, retention
from verification.task_steps import run_each

_RETENTION = timedelta(days=1)
_DESK_REQUEST_RETENTION = timedelta(days=30)  # the audit log keeps who did what and why; deploy/operation.md names it


@shared_task(name="accounts.tasks.purge")
def purge(**_more: Any) -> None:
    """Delete expired links, and old forms, checks and requests of staff, and histories. Runs daily."""
    now = timezone.now()
    desk_requests_since = now - _DESK_REQUEST_RETENTION
    run_each(
        lambda: PasswordReset.objects.filter(ends_at__lt=now - _RETENTION).delete(),
        lambda: SentForm.objects.filter(sent_at__lt=now - _RETENTION).delete(),
        lambda: retention.remove(CallerCheck.objects.filter(asked_at__lt=desk_requests_since)),
        lambda: retention.remove(SupportRequest.objects.filter(ends_at__lt=desk_requests_since)),
        lambda: retention.remove(GroupRequest.objects.filter(ends_at__lt=desk_requests_since)),
        lambda: retention.remove(LogEntry.objects.filter(action_time__lt=retention.audit_kept_since(now))),
        lambda: jobs.purge(now),
        lambda: ldap_sync.purge(now),
        lambda: authorization_codes.purge(now),
        lambda: deliveries_and_retries.purge(now),
        lambda: applications.purge(now),
    )


@shared_task(name="accounts.tasks.clear_sessions")
def clear_sessions(**_more: Any) -> None:
    """Delete expired sessions. Runs hourly, because those of people who didn't finish a sign-in expire soon."""
    SessionStore.clear_expired()


@shared_task(name="accounts.tasks.imports")
def imports(**_more: Any) -> None:
    """Process imported files. Runs every few seconds."""
    jobs.work(timezone.now())


@shared_task(name="accounts.tasks.sync_directories")
def sync_directories(**_more: Any) -> None:
    """Read the directories that are due, and those that someone wants read. Runs every few seconds."""
    now = timezone.now()
    run_each(lambda: ldap_sync.schedule(now), lambda: ldap_sync.work(now))


@shared_task(name="accounts.tasks.remind_of_invitations")
def remind_of_invitations(**_more: Any) -> None:
    """Remind people who were invited and haven't signed in. Runs every quarter of an hour."""
    invitations.remind(timezone.now())


@shared_task(name="accounts.tasks.deliver_logouts")
def deliver_logouts(*, keys: list[int], **_more: Any) -> None:
    """Tell applications that sessions ended. Safe to run twice, because one claim wins."""
    deliveries_and_retries.deliver(keys, timezone.now())


@shared_task(name="accounts.tasks.logouts")
def logouts(**_more: Any) -> None:
    """Tell applications again that didn't answer, and those that nobody was woken for. Runs every few seconds."""
    now = timezone.now()
    deliveries_and_retries.deliver(deliveries_and_retries.due(now), now)


@shared_task(name="accounts.tasks.rotate_signing_keys")
def rotate_signing_keys(**_more: Any) -> None:
    """Make the next signing keys in time, and delete those that nobody needs. Runs daily."""
    jwt_signing_keys.rotate(timezone.now())
