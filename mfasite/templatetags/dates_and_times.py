"""Template filters that write dates and times: `{{ at|moment }}`, in a table `{{ at|short_moment }}`.

Each names the time zone. It takes a word for more or less: `{{ at|clock:"seconds" }}` adds the seconds,
`{{ at|clock:"bare" }}` leaves out the zone. Nothing is written for a moment that is missing.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import template
from django.utils import timezone

from verification import time_format

register = template.Library()


def _filter(write: Callable[..., str]) -> None:
    def written(at: date | None, more: str = "") -> str:
        asked: dict[str, Any] = dict.fromkeys(more.split(), True)
        return write(at, **asked) if at else ""

    register.filter(write.__name__, written)


@register.simple_tag
def utc_now() -> str:
    """Write this moment for scripts, which takes a tenth of Django's `now`. Shape: ISO 8601, UTC."""
    return timezone.now().isoformat()


@register.simple_tag
def today() -> str:
    """Write the date of today."""
    return time_format.day(timezone.now())


for each in (
    time_format.clock,
    time_format.moment,
    time_format.short_moment,
    time_format.day,
    time_format.short_day,
):
    _filter(each)
