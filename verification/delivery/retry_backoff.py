"""Backoff: how long sending waits before it tries again."""

from datetime import datetime, timedelta

from verification.models import Message

_MAX_PAUSE = timedelta(seconds=15)  # between two claims of one message
_MAX_PAUSE_OF_NOTICES = timedelta(hours=1)  # between two claims of one notice


def next_try(message: Message, asked: timedelta | None, *, now: datetime) -> datetime:
    """Return when to try again: in 1, 2, 4 ... seconds. A provider's own retry time, `asked`, counts instead.

    For a notice it counts only if it is longer.
    """
    is_notice = message.challenge_id is None
    doubled = timedelta(seconds=2 ** min(message.claims - 1, 12 if is_notice else 4))
    shortest = doubled if is_notice else timedelta(seconds=1)
    half = (message.useful_until - now) / 2  # so that a notice has a last try before it is of no more use
    longest = min(_MAX_PAUSE_OF_NOTICES, half) if is_notice else _MAX_PAUSE
    return min(now + min(max(asked or doubled, shortest), longest), message.useful_until)
