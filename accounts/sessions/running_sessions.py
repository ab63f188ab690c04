"""The sessions of people that still count: listed in the portal and on the case page, and counted."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Session, User
from accounts.sessions import session_assurance


def own(user: User, ref: str) -> Session | None:
    """Return one of a user's sessions by its public name, or None."""
    return Session.objects.filter(user=user, ref=ref).first()


def running(user: User, now: datetime) -> list[Session]:
    """Return a user's sessions that count, newest first. One that an action ended may keep its row until it is used."""
    rows = Session.objects.filter(user=user, expire_date__gt=now).order_by("-made_at")
    return [row for row in rows if session_assurance.read(row.get_decoded(), user, ref=row.ref, now=now) is not None]


def still_running(refs: Collection[str], now: datetime) -> set[str]:
    """Return which of these sessions, given by their public names, still count. One statement."""
    rows = Session.objects.filter(ref__in=refs, expire_date__gt=now).select_related("user")
    return {
        row.ref
        for row in rows
        if row.user and session_assurance.read(row.get_decoded(), row.user, ref=row.ref, now=now) is not None
    }


def n_running(people: QuerySet[User], now: datetime) -> int:
    """Count the sessions of many users that are still valid. One statement."""
    rows = Session.objects.filter(user__in=people, expire_date__gt=now).select_related("user")
    return sum(
        row.user is not None and session_assurance.read(row.get_decoded(), row.user, ref=row.ref, now=now) is not None
        for row in rows
    )
