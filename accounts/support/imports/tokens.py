"""Rows of hardware tokens: each waits for its person, who activates it with its code."""

import base64
import binascii
from collections import Counter
from collections.abc import Mapping, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.models.people import fold
from accounts.support.imports.people import Chunk, Row
from verification import enrolments
from verification.facts import Facts

_LEAST = 16  # bytes of a secret. Source: RFC 4226, 4 (R6)
_STEPS = ("30", "60")


def apply(rows: Sequence[Row], facts: Facts, *, is_rehearsal: bool, actor_id: int | None) -> Chunk:
    """Assign some tokens. Inside the chunk's transaction; a token that waits already for its person is left alone."""
    people = _people([fields["upn"] for _line, fields in rows])
    counts, faults, seen = Counter[str](), [], set[str]()
    for line, fields in rows:
        try:
            counts[_one(fields, people, seen, facts, is_rehearsal=is_rehearsal, actor_id=actor_id)] += 1
        except ValueError as fault:
            faults.append((line, str(fault)))
    return Chunk(counts, faults)


def _people(names: Sequence[str]) -> dict[str, User]:
    """Find people by user name, or by mail address as other systems name them."""
    folded = {fold(name) for name in names}
    found = User.objects.filter(Q(username__in=folded) | Q(email__in=set(names) | folded))
    by_mail = {user.email.casefold(): user for user in found if user.email}
    return by_mail | {user.username: user for user in found}


def _one(
    fields: Mapping[str, str],
    people: Mapping[str, User],
    seen: set[str],
    facts: Facts,
    *,
    is_rehearsal: bool,
    actor_id: int | None,
) -> str:
    """Assign one token and say what it was. Errors: `ValueError` with words."""
    user, serial = people.get(fold(fields["upn"])), fields["serial number"].upper()
    if user is None:
        raise ValueError(_("There is nobody of this name or mail address."))
    if not serial or len(serial) > 64:
        raise ValueError(_("A serial number has 1 to 64 signs."))
    if serial in seen:
        raise ValueError(_("This serial number stands in the file twice."))
    if fields["time interval"] not in _STEPS:
        raise ValueError(_("The time interval is 30 or 60 seconds."))
    secret, step = _secret(fields["secret key"]), int(fields["time interval"])
    seen.add(serial)
    label = " ".join(part for part in (fields["manufacturer"], fields["model"]) if part)[:64]
    try:
        return enrolments.hand_token(
            user, serial, secret, facts, step=step, name=label, actor_id=actor_id, is_rehearsal=is_rehearsal
        )
    except enrolments.InUse:
        raise ValueError(_("Somebody uses this token. Have it removed there first.")) from None


def _secret(text: str) -> bytes:
    letters = "".join(text.split()).upper().rstrip("=")
    try:
        found = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        raise ValueError(_("The secret key is not base32: letters and the digits 2 to 7.")) from None
    if len(found) < _LEAST:
        raise ValueError(_("The secret key is too short: at least 26 letters."))
    return found
