"""Reads and checks a row of people. Group names are written in the same format for exports."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.models import SecondStep, User
from accounts.models.people import MAX_NAME_LENGTH, fold
from accounts.support.imports import csv_encoding_and_separators, size_limits
from accounts.support.imports.collecting_row_errors import collect_error
from verification import inputs

_MAX_EMAIL_LENGTH = 254  # characters. Source: RFC 5321, 4.5.3.1.3, without the brackets
_TOTALS = frozenset({"total", "totals", "sum", "summe", "gesamt", "gesamtergebnis", "somme", "totale", "итого"})
_END_OF_GROUP = re.compile(r"(\\*)(;|$)")


@dataclass(frozen=True, kw_only=True)
class WantedPerson:
    """The wanted state of a user, from one row."""

    username: str
    name: str
    email: str
    groups: frozenset[str]
    state: str


def joined(groups: Iterable[str]) -> str:
    """Join group names in one cell, in the format that `_groups` reads.

    Shape: a `;` in a name is written `\\;`, and backslashes before it or at the end of a name are doubled.
    """
    return ";".join(sorted(_END_OF_GROUP.sub(lambda end: 2 * end[1] + end[2].replace(";", "\\;"), n) for n in groups))


def _groups(cell: str) -> frozenset[str]:
    names, at = [""], 0
    for end in _END_OF_GROUP.finditer(cell):
        n_signs, is_odd = len(end[1]), len(end[1]) % 2 == 1
        names[-1] += cell[at : end.start()] + end[1][: n_signs // 2 if end[2] or not is_odd else n_signs]
        at = end.end()
        if is_odd:
            names[-1] += end[2]
        elif end[2]:
            names.append("")
    return frozenset(filter(None, map(shown, names)))


def username_of(cell: str) -> str:
    """Return the folded username of a cell, or an empty string."""
    return fold(inputs.line(cell, max_length=size_limits.MAX_CELL_LENGTH) or "")


def read(
    fields: Mapping[str, str], groups: Mapping[str, int], user: User | None, mine: Collection[str]
) -> tuple[WantedPerson, list[str]]:
    """Read one row, as strictly as the database. Return it with its errors; what has one is as if it didn't change."""
    errors = list[str]()
    username = username_of(fields["username"])
    if not username or len(username) > MAX_NAME_LENGTH or any(sign.isspace() for sign in username):
        errors.append(_("Enter a username of 1 to %(n)d characters, without spaces.") % {"n": MAX_NAME_LENGTH})
    if user is None:
        collect_error(errors, _check_new_username, username)
    name = inputs.line(fields["name"], max_length=MAX_NAME_LENGTH)
    if name is None:
        errors.append(_("Shorten the name to %(n)d characters.") % {"n": MAX_NAME_LENGTH})
        name = shown(user.name) if user else ""
    email = inputs.line(fields["email"], max_length=_MAX_EMAIL_LENGTH)
    if email is None:
        errors.append(_("Shorten the email address to %(n)d characters.") % {"n": _MAX_EMAIL_LENGTH})
        email = shown(user.email) if user else ""
    elif user is None or user.email != email:
        collect_error(errors, _check_new_email, email)
    state = fields["state"].lower() or SecondStep.ENABLED
    if state not in SecondStep.values:
        errors.append(_("Enter one of these as the state: %(states)s.") % {"states": ", ".join(SecondStep.values)})
        state = user.second_step if user else SecondStep.ENABLED
    wanted = _groups(fields["groups"])
    if unknown := sorted(wanted - set(groups)):
        errors.append(_("There is no group %(names)s. Add the group first.") % {"names": ", ".join(unknown)})
        wanted = wanted - set(unknown) | set(mine)
    return WantedPerson(username=username, name=name, email=email, groups=wanted, state=state), errors


def _check_new_username(username: str) -> None:
    """Refuse a username that nobody should newly have. Errors: `ValueError` with a text."""
    if csv_encoding_and_separators.ROUNDED.fullmatch(username):
        raise ValueError(_("A spreadsheet rounded this username. Format the column as text, and save the file again."))
    if any(unicodedata.category(sign) == "Cf" for sign in username):
        raise ValueError(_("This username contains an invisible character. Type it again."))
    if username in _TOTALS:
        raise ValueError(_("This looks like a row of totals. Remove it."))


def _check_new_email(email: str) -> None:
    """Refuse an email address that nobody should newly have. Errors: `ValueError` with a text."""
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise ValueError(_("This isn’t an email address. Enter one such as name@example.org.")) from None


def shown(text: str) -> str:
    """Return a value as it appears in a file, where outer spaces and line breaks do not survive."""
    return inputs.line(text) or ""
