"""Recent caller verifications of a user, to answer “Is this really support?”"""

from datetime import datetime, timedelta

from accounts.models import CallerCheck, User

_CURRENT_WINDOW = timedelta(minutes=15)
RECENT_WINDOW = timedelta(days=7)


def just_now(person: User, *, now: datetime) -> list[CallerCheck]:
    """Return the checks of the last minutes, newest first."""
    return _since(person, now - _CURRENT_WINDOW)


def lately(person: User, *, now: datetime) -> list[CallerCheck]:
    """Return the checks of the last days, newest first."""
    return _since(person, now - RECENT_WINDOW)


def _since(person: User, moment: datetime) -> list[CallerCheck]:
    asked = CallerCheck.objects.select_related("staff").filter(person=person, asked_at__gt=moment)
    return list(asked.order_by("-asked_at")[:20])
