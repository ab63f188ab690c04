"""Readers of text from outside that can be stored and compared: its length, its combining marks, lines, shortening.

The sender may be careless or hostile, so each reader gives None for what it can't take, and never raises.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache

MAX_MARKS = 30  # on one letter. Source: Unicode UAX #15, section 13, stream-safe text
MAX_LENGTH = 4096  # characters, unless the caller says otherwise

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they make a name look like another one
_UNSTORED = re.compile("[\0\ud800-\udfff]")


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
