"""Notes at a sign-in that attackers know the password, so that a new one is asked for."""

from django.db import transaction

from accounts import breached_passwords
from accounts import sign_in_and_password_audit_events as audit_events
from accounts.models import User
from verification import audit
from verification.context import Context


def note_breached_password(user: User, password: str, context: Context) -> None:
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
