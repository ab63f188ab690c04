"""How often someone just verified for an application: after the second round, it refuses instead of asking again."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

MAX_ROUNDS = 2
_MIN_TIME_BETWEEN_ROUNDS = timedelta(minutes=1)  # an earlier one counts as a repetition, a later one as a new request
_ROUNDS = "rounds"  # session key: application, number and time of the last rounds


def count(request: HttpRequest, slug: str, now: datetime) -> None:
    """Count a verification that an application asked for. Called when it is done and the session is written anyway."""
    request.session[_ROUNDS] = [slug, rounds(request, slug, now) + 1, now.timestamp()]


def rounds(request: HttpRequest, slug: str, now: datetime) -> int:
    """Return how often someone has just verified for an application."""
    kept: Any = request.session.get(_ROUNDS)
    if not kept or kept[0] != slug or abs(now.timestamp() - kept[2]) >= _MIN_TIME_BETWEEN_ROUNDS.total_seconds():
        return 0
    return int(kept[1])


def forget(request: HttpRequest) -> None:
    """Start to count again, because the last verification was enough. Called when the application is opened."""
    request.session.pop(_ROUNDS, None)
