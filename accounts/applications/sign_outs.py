"""People who sign out of an application themselves."""

from typing import Any

from django.db import transaction

from accounts.applications import audit_events, open_sessions
from accounts.models import Application, User
from verification import audit
from verification.context import Context


def sign_out(
    user: User, application: Application, context: Context, *, session_ref: str | None = None, host: str = ""
) -> int:
    """End a person's sessions in one application, record it if there were any, and return how many.

    Shape: `session_ref` narrows it to those that were opened from one session here; `host` is where they signed out.
    """
    with transaction.atomic():
        n = open_sessions.end(
            context.now, "sign-out", user_id=user.pk, session_ref=session_ref, application=application
        )
        if n:
            said: dict[str, Any] = {"application": application.slug, "n_sessions": n} | ({"host": host} if host else {})
            audit.record(audit_events.APPLICATION_LEFT, user_id=user.pk, context=context, **said)
    return n
