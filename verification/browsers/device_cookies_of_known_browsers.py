"""Device cookies of known browsers: without a row, they tell browsers used by a person before from unknown ones.

Incorrect passwords in such a browser are counted apart, so that strangers can't make its owner wait. The cookie opens
nothing. Source: OWASP, "Slow down online guessing attacks with device cookies".

Shape of the cookie: a random number, and for each person who signed in there a keyed digest of it with their name; it
names nobody, and holds the five people who signed in last.
"""

import re
import secrets

from verification.keys import crypto

DAYS = 180  # for which a browser stays known after the last sign-in in it
_PURPOSE = "device"
_MAX_PEOPLE = 5  # who use one browser
_MARK_LENGTH = 32  # characters of a digest: 128 bits
_MAX_COOKIE_LENGTH = 256  # characters
_NUMBER = re.compile("[0-9a-f]{32}")


def known(cookie: str, name: str) -> str:
    """Return what stands for this browser and this name, empty for a stranger's. Shape: as random as the cookie."""
    number, marks = _read(cookie)
    mine = crypto.digests(_PURPOSE, f"{number} {name}") if marks else ()
    found = [secrets.compare_digest(mark, digest[:_MARK_LENGTH]) for mark in marks for digest in mine]
    return number if any(found) else ""


def remember(cookie: str, name: str) -> str:
    """Return the cookie of a browser in which someone signed in a moment ago."""
    number, marks = _read(cookie)
    number = number or secrets.token_hex(16)
    mark = crypto.digest(_PURPOSE, f"{number} {name}")[:_MARK_LENGTH]
    return ".".join([number, mark, *(other for other in marks if other != mark)][: _MAX_PEOPLE + 1])


def _read(cookie: str) -> tuple[str, tuple[str, ...]]:
    number, *marks = cookie.split(".") if len(cookie) <= _MAX_COOKIE_LENGTH and cookie.isascii() else [""]
    # Only a number of ours: “5 ana” with the name “keller” would have the mark of “5” with the name “ana keller”.
    return (number, tuple(marks)) if _NUMBER.fullmatch(number) else ("", ())
