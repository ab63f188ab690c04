"""What a directory answers about a password, and how its error texts are read."""

import re
from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText


class PasswordResult(StrEnum):
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
    RESTRICTED = "restricted"
    LOCKED = "locked"
    AWAY = "away"
    NAME_TAKEN = "name_taken"
    LATER = "later"

    @property
    def label(self) -> str:
        """Name the answer in a few words, for staff and the audit log."""
        return str(_LABELS[self])


_LABELS: Mapping[PasswordResult, LazyText] = {
    PasswordResult.RIGHT: _("the password is correct"),
    PasswordResult.WRONG: _("the password is incorrect"),
    PasswordResult.MUST_CHANGE: _("the password must be changed first"),
    PasswordResult.EXPIRED: _("the password has expired"),
    PasswordResult.DISABLED: _("the account is disabled"),
    PasswordResult.ACCOUNT_EXPIRED: _("the account has expired"),
    PasswordResult.OUTSIDE_HOURS: _("no sign-in is allowed at this time"),
    PasswordResult.OTHER_MACHINE: _("sign-in is allowed only from some computers"),
    PasswordResult.RESTRICTED: _("the account may not sign in here, although the password is correct"),
    PasswordResult.LOCKED: _("the account is locked there, so whether the password was correct isn’t known"),
    PasswordResult.AWAY: _("the directory didn’t answer, or didn’t check the password"),
    PasswordResult.NAME_TAKEN: _("another account has the same username"),
    PasswordResult.LATER: _("there were too many incorrect passwords, so the directory wasn’t asked"),
}


class NotChecked(Exception):
    """A server refused a bind, and didn't say that the password was wrong. The text says why.

    `is_certain` is True if the result code shows that no password was checked. Otherwise the attempt counts as a guess.
    """

    def __init__(self, why: str, *, is_certain: bool) -> None:
        super().__init__(why)
        self.is_certain = is_certain


# Source: RFC 4511, A.2: no such entry (32), an invalid name (34), an entry without a password (16, 48), or a wrong
# password (49).
_WRONG_NAME_OR_PASSWORD = frozenset({16, 32, 34, 48, 49})
_CONSTRAINT_VIOLATION = 19  # constraintViolation: what 389 Directory Server and FreeIPA answer for a locked account
# The server is busy, unavailable or unwilling (51-53), wants another kind of bind (2, 7, 8, 12, 13), or names another
# server (10). Some servers answer 53 for a disabled account too, so no server counts as down because of it.
_NOT_CHECKED = frozenset({2, 7, 8, 10, 12, 13, 51, 52, 53})

# Source: Microsoft, "Error codes of a failed bind" and "System error codes": the hexadecimal code after "data" in the
# error text of result 49. Windows gives 52e (wrong password), 525 (no such user), 775 (locked) and 51f (no domain
# controller) for any password, and the others only after a correct one.
_ACTIVE_DIRECTORY = {
    "525": PasswordResult.WRONG,
    "52e": PasswordResult.WRONG,
    "52f": PasswordResult.RESTRICTED,
    "530": PasswordResult.OUTSIDE_HOURS,
    "531": PasswordResult.OTHER_MACHINE,
    "532": PasswordResult.EXPIRED,
    "533": PasswordResult.DISABLED,
    "568": PasswordResult.RESTRICTED,
    "569": PasswordResult.RESTRICTED,
    "701": PasswordResult.ACCOUNT_EXPIRED,
    "773": PasswordResult.MUST_CHANGE,
    "775": PasswordResult.LOCKED,
}
_NO_DOMAIN_CONTROLLER = "51f"
_DATA = re.compile(r"\bdata\s+([0-9a-fA-F]+)\b")


def of_refused_bind(code: int, text: str) -> PasswordResult:
    """Return why a bind was refused. Without a known Windows code in the text, the password was wrong.

    Errors: `NotChecked`.
    """
    if code == _CONSTRAINT_VIOLATION:
        return PasswordResult.LOCKED
    if code not in _WRONG_NAME_OR_PASSWORD:
        raise NotChecked(text, is_certain=code in _NOT_CHECKED)
    found = _DATA.search(text)
    data = found[1].lower() if found else ""
    if data == _NO_DOMAIN_CONTROLLER:
        raise NotChecked(text, is_certain=True)
    return _ACTIVE_DIRECTORY.get(data, PasswordResult.WRONG)
