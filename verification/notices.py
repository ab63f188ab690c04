"""Tells people, by mail, what happened to their account. Each notice says how to object; none holds a secret."""

from datetime import datetime
from typing import Any

from django.conf import settings

from verification.delivery import outbox


def tell(user: Any, kind: str, *, now: datetime, **context: str) -> None:
    """Leave a notice for a person, inside the deed's transaction. `kind` names a template of `verification/notices`."""
    if user.email:
        outbox.notice(user, user.email, template=_template(kind), context=context, now=now)


def alert(user: Any, kind: str, *, now: datetime) -> None:
    """Leave a notice for company support about a person."""
    if address := getattr(settings, "SUPPORT_EMAIL", ""):
        outbox.notice(user, address, template=_template(kind), context={"person": user.get_username()}, now=now)


def _template(kind: str) -> str:
    return f"verification/notices/{kind}.txt"
