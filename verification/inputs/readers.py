"""Readers of input from outside: text that can be stored and compared, numbers, dates, JSON, addresses.

The sender may be careless or hostile, so each reader gives None for what it can't take, and never raises.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

MAX_MARKS = 30  # on one letter. Source: Unicode UAX #15, section 13, stream-safe text
MAX_LENGTH = 4096  # characters, unless the caller says otherwise
MAX_NUMBER = 2**63 - 1  # what a column of either database holds
MAX_DEPTH = 32  # of nested JSON
FIRST_YEAR, LAST_YEAR = 1900, 2199  # far enough from the ends of the calendar for every time zone

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they make a name look like another one
_UNSTORED = re.compile("[\0\ud800-\udfff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Flaw(StrEnum):
    """Why a text can't be taken."""

    NUL = "nul"
    SURROGATE = "surrogate"
    MARKS = "marks"
    CHARSET = "charset"
    HEADER = "header"
    LENGTH = "length"


@cache
def _flood() -> re.Pattern[str]:
    marks = (chr(point) for point in range(0x300, 0x1F000) if unicodedata.combining(chr(point)))
    return re.compile(f"[{''.join(marks)}]{{{MAX_MARKS + 1}}}")


def flaw(text: str) -> Flaw | None:
    """Return why a text can be neither stored nor compared. Long runs of combining marks take quadratic time."""
    if "\0" in text:
        return Flaw.NUL
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return Flaw.SURROGATE
    return Flaw.MARKS if _flood().search(text) else None


def text(value: object, *, max_length: int = MAX_LENGTH) -> str | None:
    """Read text, in normal form C. None if it is flawed, or too long as it is or once its case is folded."""
    if not isinstance(value, str) or len(value) > max_length or flaw(value):
        return None
    if value.isascii():
        return value
    composed = unicodedata.normalize("NFC", value)
    return composed if max(len(composed), len(composed.casefold())) <= max_length else None


def line(value: object, *, max_length: int = MAX_LENGTH) -> str | None:
    """Read text of one line: control characters and line breaks count as spaces, overrides of direction are dropped."""
    found = text(value, max_length=max_length)
    return None if found is None else one_line(found)


def one_line(text: str) -> str:
    """Write a text as `line` reads it, whatever its length."""
    return _CONTROLS.sub(" ", _OVERRIDES.sub("", text)).strip()


def shortened(value: object, *, max_length: int) -> str:
    """Read one line that may be cut, such as a search or the name of a program; what can't be stored is replaced."""
    if not isinstance(value, str):
        return ""
    storable = value[:max_length]
    if flaw(storable):
        storable = _flood().sub("\ufffd", _UNSTORED.sub("\ufffd", storable))
    found = line(storable, max_length=9 * max_length) or ""  # each letter may become nine
    while len(found.casefold()) > max_length:
        found = found[:-1]
    return found


def is_cut(value: str, *, max_length: int) -> bool:
    """Return whether `shortened` cuts something off a text."""
    return shortened(value, max_length=max_length) != shortened(value, max_length=9 * len(value))


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


def address(value: object) -> IPv4Address | IPv6Address | None:
    """Read an IP address. An IPv4 address inside an IPv6 one counts as itself, and a zone is no part of an address."""
    if not isinstance(value, str) or len(value) > 300:
        return None
    return _address(value)


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Read it once: each request asks several times for its proxy's address and its own."""
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def parse_json(value: str | bytes, *, checks_text: bool = True) -> Any:
    """Read JSON of which every text and number can be stored. None if there is none, or it says null.

    No NaN, no infinity, no number beyond 64 bits, no name twice, no deep nesting. Who doesn't have its texts checked
    reads each by `text` or `shortened`.
    """
    try:
        found = json.loads(
            value,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_no_constant,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError):
        return None
    return found if _is_sound(found, MAX_DEPTH, checks_text) else None


def _whole(digits: str) -> int:
    found = int(digits[:25])
    if abs(found) > MAX_NUMBER:
        raise ValueError("beyond 64 bits")
    return found


def _finite(digits: str) -> float:
    found = float(digits)
    if not math.isfinite(found):
        raise ValueError("beyond a float")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice")
    return found


def _is_sound(value: Any, depth: int, checks_text: bool) -> bool:
    if isinstance(value, str):
        return not checks_text or flaw(value) is None
    if not isinstance(value, dict | list):
        return True
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    return depth > 0 and all(_is_sound(part, depth - 1, checks_text) for part in parts)
