"""Words for a wait: how long it still takes, and when it ends."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from verification import time_format


def wait_words(retry_at: datetime | None, now: datetime) -> str:
    """Say how long a wait still takes, rounded up to whole minutes or, below one, to seconds."""
    seconds = _seconds(retry_at, now)
    if seconds < _MINUTE:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = -(-seconds // _MINUTE)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def when_words(retry_at: datetime | None, now: datetime) -> str:
    """Say when a wait ends: after seconds, at a time of today, or at a time of another day.

    Shape: `in 25 seconds`, `at 14:05 CET (in 4 minutes)`, `at 17:00 CET`, `on 3 March 2026, 09:00 CET`.
    """
    seconds = _seconds(retry_at, now)
    if retry_at is None or seconds < _MINUTE:
        return _("in %(wait)s") % {"wait": wait_words(retry_at, now)}
    if _is_other_day(retry_at, now):
        return _("on %(moment)s") % {"moment": time_format.moment(_to_minute(retry_at))}
    words = {"time": time_format.clock(_to_minute(retry_at)), "wait": wait_words(retry_at, now)}
    return (_("at %(time)s (in %(wait)s)") if seconds <= 60 * _MINUTE else _("at %(time)s")) % words


_MINUTE = 60  # seconds


def _seconds(retry_at: datetime | None, now: datetime) -> int:
    return max(1, int((retry_at - now).total_seconds() + 0.999)) if retry_at else _MINUTE


def _to_minute(at: datetime) -> datetime:
    """Round up to a whole minute, so that nobody tries too early."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)


def _is_other_day(at: datetime, now: datetime) -> bool:
    return timezone.localtime(at).date() != timezone.localtime(now).date()


def end_words(at: datetime, now: datetime) -> str:
    """Return the end of a wait, rounded up to a minute. Shape: `14:05 CET` today, `3 March 2026, 09:00 CET` later."""
    shown = time_format.moment if _is_other_day(at, now) else time_format.clock
    return shown(_to_minute(at))


def locked_words(retry_at: datetime | None, now: datetime) -> str:
    """Title a lock with its end."""
    if retry_at is None or _seconds(retry_at, now) < _MINUTE:
        return _("Locked for %(wait)s") % {"wait": wait_words(retry_at, now)}
    return _("Locked until %(time)s") % {"time": end_words(retry_at, now)}
