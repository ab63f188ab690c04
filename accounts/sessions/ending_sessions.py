"""Ends sessions: at a sign-out, one by one, everywhere else, and all of a person who is shut out."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import applications
from accounts import sign_in_and_password_audit_events as audit_events
from accounts.models import Session, User
from accounts.sessions import session_store
from accounts.sessions.session_assurance import KEY
from verification import audit, browsers, enrolments
from verification.context import Context
from verification.db import row_locks


def sign_out(session: SessionBase, user: User, context: Context) -> None:
    """End a request's session at sign-out, even if another request has changed its key since this one read it.

    The store alone must not do that: Django flushes a session that it finds out of date, which may only be behind.
    """
    with transaction.atomic():
        audit.record(audit_events.SESSION_ENDED, user_id=user.pk, context=context)
        applications.delete_sessions(Session.objects.filter(user=user, ref=session_store.ref_of(session)), "sign-out")


def end_own(session: Session, user: User, context: Context) -> None:
    """End one session at the user's own request."""
    with transaction.atomic():
        applications.delete_sessions(
            Session.objects.filter(user=user, ref=session.ref), "session-ended"
        )  # its key may have changed since
        audit.record(audit_events.SESSIONS_ENDED, user_id=user.pk, context=context, n_sessions=1)


def end_all(user: User) -> int:
    """End all sessions of a user and return how many there were. Call it in the transaction that records it."""
    return applications.delete_sessions(Session.objects.filter(user=user), "session-ended")


@dataclass(frozen=True)
class EndedSessions:
    """How many browsers and sessions a user had. Those that were over don't count."""

    n_browsers: int = 0
    n_sessions: int = 0


def end_access(people: Collection[int]) -> dict[int, EndedSessions]:
    """Forget the browsers of users and end their sessions. Call it in the transaction that raised their epoch.

    Everything that shuts people out ends here: blocks, other support actions, and directories that people leave.
    """
    now = timezone.now()
    forgotten, theirs = browsers.forget_many(people, now=now), Session.objects.filter(user__in=people)
    rows = list(theirs.values_list("user_id", "expire_date"))
    running = Counter(pk for pk, ends_at in rows if ends_at > now)
    if rows:
        applications.delete_sessions(theirs, "session-ended")
    return {pk: EndedSessions(n_browsers=forgotten[pk], n_sessions=running[pk]) for pk in people}


def end_others(request: HttpRequest, user: User, context: Context) -> None:
    """End all other sessions of a user and forget their browsers, at the user's own request."""
    with transaction.atomic():
        enrolments.raise_epoch(user, why="session-ended", spared=session_store.ref_of(request.session))
        browsers.forget(user)
        audit.record(audit_events.SESSIONS_ENDED, user_id=user.pk, context=context)
        carry_over(request, user)


def carry_over(request: HttpRequest, user: User) -> None:
    """Move this session into the user's new epoch, after an action by the user that ends all their other sessions.

    Call it last in that action's transaction, so that both are saved together. Otherwise a concurrent request in the
    same session finds it out of date and deletes its row.

    Errors: `SessionInterrupted` if the session has ended in between; the action is then rolled back.
    """
    user.refresh_from_db(fields=["epoch", "password"])
    update_session_auth_hash(request, user)  # changes the key as well
    request.session[KEY] = {**request.session[KEY], "epoch": user.epoch}
    others = Session.objects.filter(user=user).exclude(ref=session_store.ref_of(request.session))
    with transaction.atomic(savepoint=False):
        row_locks.lock(Session.objects.filter(user=user))
        try:
            request.session.save()
        except UpdateError as error:
            raise SessionInterrupted from error
        others.delete()
