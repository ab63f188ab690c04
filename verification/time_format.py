"""Writes times for people: in the organisation's time zone, in one form each."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format


def clock(at: datetime) -> str:
    """Write the time of a moment of today. Shape: `14:05`."""
    return date_format(timezone.localtime(at), "H:i")


def moment(at: datetime) -> str:
    """Write day and time. Shape: `2 March 2026, 14:05`."""
    return date_format(timezone.localtime(at), "j F Y, H:i")
