"""The only way we write dates and times for people: in the reader's time zone, in a few fixed formats.

`moment` and `short_moment` write a date with its time, `day` and `short_day` a date, `clock` a time.
The short ones are for tables and lists. Every time names its zone, because readers travel and colleagues sit elsewhere;
`bare` leaves it out where the same line or page names it already, and on the virtual phone, which shows times as phones
do. Machines get ISO 8601 instead.
Templates use filters of the same names (`mfasite.templatetags.dates_and_times`).
"""

from collections.abc import Callable
from datetime import date, datetime

from django.utils import timezone
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.translation import gettext as _

# Django's `date_format` reads its format again at each call, which takes most of the time of a long list.
_DAY = "{at.day} {month} {at.year}"
_CLOCK = {False: "{at.hour:02}:{at.minute:02}", True: "{at.hour:02}:{at.minute:02}:{at.second:02}"}


def clock(at: datetime, *, bare: bool = False, seconds: bool = False) -> str:
    """Write the time of a moment. Shape: `14:05 CET`, `14:05:09 CET`, `14:05`."""
    return _written(at, _CLOCK[seconds], zone=not bare)


def moment(at: datetime, *, bare: bool = False, seconds: bool = False) -> str:
    """Write date and time. Shape: `28 November 2026, 14:05 CET`, `28 November 2026, 14:05`."""
    return _written(at, f"{_DAY}, {_CLOCK[seconds]}", _long, zone=not bare)


def short_moment(at: datetime, *, bare: bool = False, seconds: bool = False) -> str:
    """Write date and time for a table. Shape: `28 Nov 2026, 14:05 CET`, `28 Nov 2026, 14:05`."""
    return _written(at, f"{_DAY}, {_CLOCK[seconds]}", _short, zone=not bare)


def day(at: date) -> str:
    """Write a date, or the date of a moment. Shape: `28 November 2026`."""
    return _written(at, _DAY, _long, zone=False)


def short_day(at: date) -> str:
    """Write a date for a table. Shape: `28 Nov 2026`."""
    return _written(at, _DAY, _short, zone=False)


def zone_hint() -> str:
    """Say in which time zone the reader types a time."""
    return _("Time zone: %(zone)s.") % {"zone": timezone.get_current_timezone_name()}


def _zone_of(local: datetime) -> str:
    """Name the zone of a moment. Shape: `CET`, or `UTC+05:45` where it has no abbreviation."""
    name = local.tzname() or ""
    if name[:1] not in "+-":
        return name
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


def _long(month: int) -> str:
    return str(MONTHS[month])


def _short(month: int) -> str:
    return str(MONTHS_3[month]).title()


def _written(at: date, form: str, month: Callable[[int], str] = _short, *, zone: bool) -> str:
    local = timezone.localtime(at) if isinstance(at, datetime) else at
    words = form.format(at=local, month=month(local.month))
    return f"{words} {_zone_of(local)}" if zone and isinstance(local, datetime) else words
