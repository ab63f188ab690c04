"""The only way we write dates and times for people: in the reader's time zone, in a few fixed formats.

`moment` and `short_moment` write a date with its time, `day` and `short_day` a date, `clock` a time.
The short ones are for tables and lists. Each can add the time zone, for readers who may be elsewhere: emails,
staff pages, exports. Machines get ISO 8601 instead.
Templates use filters of the same names (`mfasite.templatetags.times`).
"""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format


def clock(at: datetime, *, zone: bool = False, seconds: bool = False) -> str:
    """Write the time of a moment. Shape: `14:05`, `14:05:09`, `14:05 CET`."""
    return _written(at, "H:i:s" if seconds else "H:i", zone=zone)


def moment(at: datetime, *, zone: bool = False, seconds: bool = False) -> str:
    """Write date and time. Shape: `28 November 2026, 14:05`, `28 November 2026, 14:05 CET`."""
    return _written(at, "j F Y, H:i:s" if seconds else "j F Y, H:i", zone=zone)


def short_moment(at: datetime, *, zone: bool = False, seconds: bool = False) -> str:
    """Write date and time for a table. Shape: `28 Nov 2026, 14:05`, `28 Nov 2026, 14:05 CET`."""
    return _written(at, "j M Y, H:i:s" if seconds else "j M Y, H:i", zone=zone)


def day(at: date, *, zone: bool = False) -> str:
    """Write a date, or the date of a moment. Shape: `28 November 2026`."""
    return _written(at, "j F Y", zone=zone)


def short_day(at: date, *, zone: bool = False) -> str:
    """Write a date for a table. Shape: `28 Nov 2026`."""
    return _written(at, "j M Y", zone=zone)


def zone_name(at: datetime) -> str:
    """Name the reader's time zone as it is at a moment. Shape: `CET`, or `UTC+05:45` where it has no abbreviation."""
    local = timezone.localtime(at)
    name = local.tzname() or ""
    if name[:1] not in "+-":
        return name
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


def _written(at: date, form: str, *, zone: bool) -> str:
    if not isinstance(at, datetime):
        return date_format(at, form)
    words = date_format(timezone.localtime(at), form)
    return f"{words} {zone_name(at)}" if zone else words
