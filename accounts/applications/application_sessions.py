"""Who is signed in to which application: opens these sessions, renews what they know, ends them, and signs out.

They end in the transaction of what ends them. Code that must notify an application registers a receiver with `on_end`,
which writes to the outbox in the same transaction.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.applications import audit_events
from accounts.models import Application, ApplicationSession, OidcClient, User
from verification import audit, retention
from verification.context import Context
from verification.db import row_locks


class ReportedVerification(Protocol):
    """What an application is told of a verification: the part of an access decision that is stored here."""

    @property
    def acr(self) -> str: ...
    @property
    def amr(self) -> Sequence[str]: ...
    @property
    def auth_time(self) -> datetime | None: ...


_RETENTION = timedelta(days=90)  # how long people and staff can see sessions that ended

# Gets the sessions that just ended, and when.
Receiver: TypeAlias = "Callable[[QuerySet[ApplicationSession], datetime], None]"
_receivers: list[Receiver] = []


def on_end(receiver: Receiver) -> Receiver:
    """Register a function that is called with the sessions that ended, in the transaction that ended them."""
    if receiver not in _receivers:
        _receivers.append(receiver)
    return receiver


def open(  # noqa: A001  (read as applications.open)
    application: Application, user: User, session_ref: str, answer: ReportedVerification, now: datetime
) -> ApplicationSession:
    """Return a person's session in an application, opened now or renewed with what was decided now."""
    facts = {"last_used_at": now, "acr": answer.acr, "amr": list(answer.amr), "auth_time": answer.auth_time}
    running = ApplicationSession.objects.filter(
        application=application, user=user, session_ref=session_ref, ended_at__isnull=True
    )
    if not running.update(**facts):
        try:
            with transaction.atomic():
                return ApplicationSession.objects.create(
                    application=application, user=user, session_ref=session_ref, started_at=now, **facts
                )
        except IntegrityError:  # another request opened it in between; the constraint allows one
            if not running.update(**facts):
                raise
    return running.get()


def running(user: User) -> QuerySet[ApplicationSession]:
    """Return a person's running sessions with their applications, those used last first."""
    rows = ApplicationSession.objects.filter(user=user, ended_at__isnull=True)
    return rows.select_related("application").order_by("-last_used_at")


def end(
    now: datetime,
    why: str,
    *,
    user_id: int | None = None,
    session_ref: str | None = None,
    application: Application | None = None,
) -> int:
    """End the running sessions that match everything given, and return how many. Call it in a transaction.

    Shape: `why` is a short code, such as "sign-out" or "locked".
    Errors: `ValueError` if nothing is given, because that would end the sessions of everyone.
    """
    given = {"user_id": user_id, "session_ref": session_ref, "application": application}
    chosen = {name: value for name, value in given.items() if value is not None}
    if not chosen:
        raise ValueError("name a person, a session or an application")
    return end_these(ApplicationSession.objects.filter(**chosen), now, why)


def end_these(sessions: QuerySet[ApplicationSession], now: datetime, why: str) -> int:
    """End those of these sessions that are running, and return how many. Call it in a transaction.

    One guarded statement decides which ended: none is ended or announced twice, however many requests race.
    """
    end_ref = secrets.token_hex(16)
    with transaction.atomic(savepoint=False):
        running = sessions.filter(ended_at__isnull=True)
        row_locks.lock(running)
        n = running.update(ended_at=now, end_reason=why, end_ref=end_ref)
        if n:
            ended = ApplicationSession.objects.filter(end_ref=end_ref)
            for receive in _receivers:
                receive(ended, now)
    return n


def sign_out(
    user: User, application: Application, context: Context, *, session_ref: str | None = None, host: str = ""
) -> int:
    """End a person's sessions in one application, record it if there were any, and return how many.

    Shape: `session_ref` narrows it to those that were opened from one session here; `host` is where they signed out.
    """
    with transaction.atomic():
        n = end(context.now, "sign-out", user_id=user.pk, session_ref=session_ref, application=application)
        if n:
            said: dict[str, Any] = {"application": application.slug, "n_sessions": n} | ({"host": host} if host else {})
            audit.record(audit_events.APPLICATION_LEFT, user_id=user.pk, context=context, **said)
    return n


def is_told(application: Application) -> bool:
    """Whether an application learns right away that a session ended. If not, its own session may last longer."""
    return not OidcClient.objects.filter(application=application, logout_uri="").exists()


def purge(now: datetime) -> None:
    """Delete sessions that ended long ago, in batches. Called daily."""
    retention.remove(ApplicationSession.objects.filter(ended_at__lt=now - _RETENTION))
