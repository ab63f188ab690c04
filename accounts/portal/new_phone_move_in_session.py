"""A move to a new phone: the session says since when, for an hour."""

from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase

_MOVING = "moving"
_MAX_MOVE_TIME = timedelta(hours=1)  # after this time a move is abandoned


def begin(session: SessionBase, now: datetime) -> None:
    """Begin a move in this session."""
    session[_MOVING] = now.timestamp()


def moved_since(session: SessionBase, now: datetime) -> float | None:
    """Return when the current move began, or None. Units: seconds since 1970."""
    started: float | None = session.get(_MOVING)
    return started if started is not None and now.timestamp() - started < _MAX_MOVE_TIME.total_seconds() else None


def end(session: SessionBase) -> None:
    """End the move of this session."""
    del session[_MOVING]
