"""What a directory answers about a password, and how its error texts are read."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """A directory's answer.

    LOCKED is told to support only, because directories give it for any password. The others are told to the person:
    either the password was correct, or none was checked.
    """

    RIGHT = "right"
    WRONG = "wrong"
    MUST_CHANGE = "must_change"
    EXPIRED = "expired"
    DISABLED = "disabled"
    ACCOUNT_EXPIRED = "account_expired"
    OUTSIDE_HOURS = "outside_hours"
    OTHER_MACHINE = "other_machine"
    LOCKED = "locked"
    AWAY = "away"
    NAME_TAKEN = "name_taken"
    LATER = "later"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A person as a directory has them.

    Shape: `key` is the directory's permanent id, in hexadecimal digits for Active Directory's objectGUID.
    """

    dn: str
    key: str
    username: str
    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The result of a check; `entry` is there if the password was correct."""

    answer: Answer
    entry: Entry | None = None


# Source: Microsoft, "Error codes of a failed bind": the hexadecimal code after "data" in the error text of result 49.
# All but 52e and 525 are given only if the password was correct, except 775, which Windows gives for any password.
_ACTIVE_DIRECTORY = {
    "525": Answer.WRONG,
    "52e": Answer.WRONG,
    "530": Answer.OUTSIDE_HOURS,
    "531": Answer.OTHER_MACHINE,
    "532": Answer.EXPIRED,
    "533": Answer.DISABLED,
    "701": Answer.ACCOUNT_EXPIRED,
    "773": Answer.MUST_CHANGE,
    "775": Answer.LOCKED,
}
_DATA = re.compile(r"\bdata\s+([0-9a-fA-F]+)\b")


def of_refused_bind(text: str) -> Answer:
    """Return what an error text of "invalid credentials" says. Without a known code the password was wrong."""
    found = _DATA.search(text)
    return _ACTIVE_DIRECTORY.get(found[1].lower(), Answer.WRONG) if found else Answer.WRONG
