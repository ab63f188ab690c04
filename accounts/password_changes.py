"""Password changes and resets. Neither skips, weakens or replaces the second step."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import app_passwords, audit_events, breached_passwords
from accounts.models import PasswordReset, User
from accounts.models.people import fold
from verification import audit, enrolments, limits, notices
from verification.context import Context
from verification.db import row_locks
from verification.keys import random_tokens
from verification.models import AppPasswordsEnd

LINK_LIFE = timedelta(minutes=30)
_MOST = 20  # accounts sharing one mailbox that a single request emails
_PURPOSE = "password_reset"


def change(
    user: User,
    password: str,
    context: Context,
    *,
    how: str = "changed",
    also: Callable[[], object] = lambda: None,
) -> bool:
    """Set a user's password. All their sessions and remembered browsers end, and older reset links stop working.

    App passwords end as well if policy says so for this kind of change. Return False if the password has changed since
    `user` was loaded: someone who knows only the previous password must not set the next one.

    Shape: `password` as typed, already validated; `also` runs last in the same transaction.
    """
    is_replaced = how == "reset" or user.must_change_password
    kind = AppPasswordsEnd.REPLACED if is_replaced else AppPasswordsEnd.ALWAYS
    kept = user.password
    user.set_password(password)
    with transaction.atomic():
        rows = User.objects.filter(pk=user.pk, password=kept)
        if not rows.update(password=user.password, must_change_password=False, breached_password_at=None):
            user.password = kept
            return False
        user.must_change_password, user.breached_password_at = False, None
        enrolments.raise_epoch(user, why="password-changed")
        n_gone = app_passwords.clear(user) if app_passwords.end_with(user, kind) else 0
        event = audit_events.PASSWORD_RESET if how == "reset" else audit_events.PASSWORD_CHANGED
        event = audit_events.INVITATION_ACCEPTED if how == "invited" else event
        audit.record(event, user_id=user.pk, context=context, n_app_passwords=n_gone)
        notices.tell(user, "password_changed", now=context.now, context=context, n_app_passwords=str(n_gone or ""))
        also()
    return True


def note_breached(user: User, password: str, context: Context) -> None:
    """Note that the correct password of a sign-in is one that attackers try first, so that a new one is asked for.

    Nothing else changes: the sign-in continues, and their mail and other apps keep working.
    """
    if user.breached_password_at is not None or not user.has_password_here:
        return
    found = breached_passwords.found_in(password)
    if found is None:
        return
    with transaction.atomic():
        rows = User.objects.filter(pk=user.pk, password=user.password, breached_password_at=None)
        if rows.update(breached_password_at=context.now):
            audit.record(audit_events.PASSWORD_FOUND, user_id=user.pk, context=context, list=found)


def ask_reset(name: str, context: Context, *, path: str) -> None:
    """Email a reset link to everyone with this name or email address, without revealing whether there is anyone.

    Several accounts may share a mailbox: each gets its own email, which names it.
    """
    folded = fold(name)
    if not limits.spend_request("password_reset", name=folded, context=context).is_open:
        return
    named = (
        User.objects.select_related("directory")
        .filter(is_active=True)
        .filter(Q(username=folded) | Q(email__iexact=name.strip()))
    )
    # PostgreSQL treats some letters as the same, such as a dotless i. Each spelling would be rate-limited separately.
    people = [person for person in named.order_by("pk")[:_MOST] if folded in {person.username, fold(person.email)}]
    with transaction.atomic():
        for person in people:
            audit.record(audit_events.PASSWORD_RESET_ASKED, user_id=person.pk, context=context)
            if person.email:
                _mail_link(person, context, path=path)
        if not people:
            audit.record(audit_events.PASSWORD_RESET_ASKED, user_id=None, context=context)


def _mail_link(person: User, context: Context, *, path: str) -> None:
    ends_at, account = context.now + LINK_LIFE, person.get_username()
    if person.directory is not None and not person.has_password_here:
        page = person.directory.password_url
        notices.tell(person, "password_elsewhere", now=context.now, context=context, account=account, page=page)
        return
    reset = PasswordReset.objects.create(user=person, epoch=person.epoch, made_at=context.now, ends_at=ends_at)
    link = {"link": reset.handle, "link_purpose": _PURPOSE, "link_path": path}
    notices.tell(person, "password_reset", now=context.now, context=context, until=ends_at, account=account, **link)


def _good(context: Context) -> QuerySet[PasswordReset]:
    """Return the requests whose link is valid: unused, not expired, and the newest of their user."""
    newer = PasswordReset.objects.filter(user=OuterRef("user"), pk__gt=OuterRef("pk"))
    return PasswordReset.objects.filter(~Exists(newer), used_at=None, ends_at__gt=context.now)


def open_reset(handle: str, token: str, context: Context) -> PasswordReset | None:
    """Return the request that an emailed link belongs to, if the link is still valid."""
    if not random_tokens.is_derived(_PURPOSE, handle, token):
        return None
    reset = _good(context).select_related("user").filter(handle=handle).first()
    return reset if reset and reset.user.is_active and reset.user.epoch == reset.epoch else None


def finish_reset(reset: PasswordReset, password: str, context: Context) -> bool:
    """Use up a link and set the password. Return False if the link is no longer valid. Signs nobody in."""
    with transaction.atomic():
        row_locks.lock_person(reset.user.pk)
        if not _good(context).filter(pk=reset.pk).update(used_at=context.now):
            return False
        if not change(reset.user, password, context, how="reset"):
            return False
    limits.forget_passwords(reset.user.username)
    return True
