"""Readers of whole numbers and dates from outside, within what a column and a calendar hold. None for anything else."""

import re
from collections.abc import Iterable
from datetime import date

MAX_NUMBER = 2**63 - 1  # what a column of either database holds
FIRST_YEAR, LAST_YEAR = 1900, 2199  # far enough from the ends of the calendar for every time zone

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def number(value: object, *, least: int = 0, most: int = MAX_NUMBER) -> int | None:
    """Read a whole number within a range, in the digits of any script."""
    if not isinstance(value, str) or len(value) > 20:
        return None
    sign, digits = (-1, value[1:]) if value.startswith("-") else (1, value)
    if not digits.isdecimal():
        return None
    found = sign * int(digits)
    return found if least <= found <= most else None


def numbers(values: Iterable[str], *, most: int) -> list[int]:
    """Read a list of ids, such as "1,2" and "3", up to so many; what is no number is left out."""
    found: list[int] = []
    for value in values:
        for part in value[: most * 21].split(","):
            if len(found) == most:
                return found
            if (each := number(part.strip())) is not None:
                found.append(each)
    return found


def day(value: object) -> date | None:
    """Read a date such as 2026-03-02, in a year that every time zone can hold."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
