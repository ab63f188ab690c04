"""Who of company support asked a person to prove who they are: the answer to “Is this really support?”"""

from datetime import datetime, timedelta

from accounts.models import CallerCheck, User

_NOW = timedelta(minutes=15)
_RECENT = timedelta(days=7)


def just_now(person: User, *, now: datetime) -> list[CallerCheck]:
    """List who asked within the last minutes, the newest first."""
    return _since(person, now - _NOW)


def lately(person: User, *, now: datetime) -> list[CallerCheck]:
    """List who asked within the last days, the newest first."""
    return _since(person, now - _RECENT)


def _since(person: User, moment: datetime) -> list[CallerCheck]:
    asked = CallerCheck.objects.select_related("staff").filter(person=person, asked_at__gt=moment)
    return list(asked.order_by("-asked_at")[:20])
