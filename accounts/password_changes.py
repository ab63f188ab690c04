"""Password changes. None skips, weakens or replaces the second step."""

from collections.abc import Callable

from django.db import transaction

from accounts import app_passwords
from accounts import sign_in_and_password_audit_events as audit_events
from accounts.invitations import audit_events as invitation_events
from accounts.models import User
from verification import audit, enrolments, notices
from verification.context import Context
from verification.models import AppPasswordsEnd


def change(
    user: User,
    password: str,
    context: Context,
    *,
    how: str = "changed",
    use_link: Callable[[], bool] = lambda: True,
    also: Callable[[], object] = lambda: None,
) -> bool:
    """Set a user's password. All their sessions and remembered browsers end, and older reset links stop working.

    App passwords end as well if policy says so for this kind of change. Return False if the password or the epoch has
    changed since `user` was loaded: someone who knows only the previous password, or whose session support has just
    ended, must not set the next one.

    Shape: `password` as typed, already validated; `use_link` runs first in the transaction, uses up the link that the
    password comes with, and returns False if it is no longer valid; `also` runs last.
    """
    is_replaced = how == "reset" or user.must_change_password
    kind = AppPasswordsEnd.REPLACED if is_replaced else AppPasswordsEnd.ALWAYS
    kept = user.password
    user.set_password(password)  # hashed before the transaction, which would hold everyone else up
    with transaction.atomic():
        rows = User.objects.filter(pk=user.pk, epoch=user.epoch)
        if how != "reset":  # where a sign-in may store the previous password in its current form at the same moment
            rows = rows.filter(password=kept)
        new = {"password": user.password, "must_change_password": False, "breached_password_at": None}
        if not use_link() or not rows.update(**new):
            transaction.set_rollback(True)  # a link that set no password stays valid
            user.password = kept
            return False
        user.must_change_password, user.breached_password_at = False, None
        enrolments.raise_epoch(user, why="password-changed")
        n_gone = app_passwords.clear(user) if app_passwords.end_with(user, kind) else 0
        event = audit_events.PASSWORD_RESET if how == "reset" else audit_events.PASSWORD_CHANGED
        event = invitation_events.INVITATION_ACCEPTED if how == "invited" else event
        audit.record(event, user_id=user.pk, context=context, n_app_passwords=n_gone)
        n_told = str(n_gone or "")
        notices.notify(user, "password_changed", now=context.now, context=context, how=how, n_app_passwords=n_told)
        also()
    return True
