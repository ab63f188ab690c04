"""Import rows of hardware tokens, into the stock or for a user, who then activates the token with a code."""

import base64
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.models.people import fold
from accounts.support import people_in_desk_scopes, people_search
from accounts.support.actions import ASSIGN_TOKEN, ActionRefusal, ranks
from accounts.support.imports.collecting_row_errors import collect_error
from accounts.support.imports.people_rows import Chunk, Row
from verification import enrolments, hardware_token_stock, inputs, policies
from verification.context import Context
from verification.hardware_token_stock import Seed
from verification.inputs import digits
from verification.otp import hardware_token_codes
from verification.otp.hardware_token_codes import Scheme

ENDED = gettext_lazy("The manufacturer’s file says that this token isn’t valid any more.")
NOT_INSTALLED = gettext_lazy("Your organisation doesn’t use hardware tokens any more.")
RETIRED = gettext_lazy("This token is retired. Restore it to the stock first.")

_MIN_SECRET_BYTES = 16  # Source: RFC 4226, 4 (R6)
_MAX_SECRET_BYTES = 128  # the block size of SHA-512; HMAC hashes longer secrets
_STEPS = range(10, 301)  # seconds
_MAX_COUNTER = 2**31
_MAX_TEXT_LENGTH = 64  # characters, of the serial number, manufacturer and model
_KINDS = {
    "": False,
    "totp": False,
    "time": False,
    "time based": False,
    "hotp": True,
    "event": True,
    "event based": True,
}
_HASH = re.compile(r"(?:hmac[-_ ]?)?sha(?:[-_ ]?2[-_ /](?=\d{3}))?[-_ ]?(\d+)", re.IGNORECASE)


def apply(
    rows: Sequence[Row], staff: User | None, context: Context, *, is_dry_run: bool, repeated: Collection[int] = ()
) -> Chunk:
    """Import some tokens, in the chunk's transaction. A token that already waits for its user is left alone.

    `staff` uploaded the file; None if their account is gone. `repeated` are the lines whose token also occurs earlier.
    """
    people = find(staff, [fields["upn"] for _line, fields in rows])
    waiting = users_needing_approval(people)
    counts, faults, actor_id = Counter[str](), [], staff.pk if staff else None
    for line, fields in rows:
        serial = fields["serial number"].strip().upper()
        if fields["refused"]:
            faults.append((line, about(serial, [fields["refused"]])))
            continue
        seed, errors = _seed(serial, fields)
        user = collect_error(errors, _person, fields["upn"], people, staff, waiting)
        if line in repeated:
            errors.append(_("This serial number appears twice in the file. Remove one of the rows."))
        if seed is None or errors:
            faults.append((line, about(serial, errors)))
        elif verdict := collect_error(errors, _bring_in, seed, user, context, actor_id=actor_id, is_dry_run=is_dry_run):
            counts[verdict] += 1
        else:
            faults.append((line, about(serial, errors)))
    return Chunk(counts, faults)


def _bring_in(seed: Seed, user: User | None, context: Context, *, actor_id: int | None, is_dry_run: bool) -> str:
    """Add a token to the stock, or for a user, and return the result. Errors: `ValueError` with a text for staff."""
    try:
        verdict, _token = hardware_token_stock.bring_in(seed, user, context, actor_id=actor_id, is_dry_run=is_dry_run)
    except hardware_token_stock.InUse:
        raise ValueError(_("Somebody uses this token. Remove it from their methods first.")) from None
    except hardware_token_stock.Retired:
        raise ValueError(RETIRED) from None
    except hardware_token_stock.Ended:
        raise ValueError(ENDED) from None
    except enrolments.NotInstalled:
        raise ValueError(NOT_INSTALLED) from None
    return verdict


def repeated(rows: Iterable[Row]) -> frozenset[int]:
    """Return the lines whose serial number also occurs earlier, in a row that was not refused."""
    seen, found = set[str](), set[int]()
    for line, fields in rows:
        serial = digits.plain(fields["serial number"]).strip().upper()
        if serial in seen:
            found.add(line)
        if not fields.get("refused"):
            seen.add(serial)
    return frozenset(found)


def about(serial: str, errors: Iterable[str]) -> str:
    """Join the errors of a token after its serial number, so that nobody has to count lines."""
    words = " ".join(errors)
    return _("Token %(serial)s: %(words)s") % {"serial": serial[:64], "words": words} if serial else words


def find(staff: User | None, names: Sequence[str]) -> dict[str, list[User]]:
    """Return users whom the uploader may help, by username, or by email address as other systems name them.

    So a row says the same of people of another desk as of a name that nobody has.
    """
    return people_search.named(people_in_desk_scopes.visible(staff) if staff else User.objects.none(), names)


def users_needing_approval(people: Mapping[str, list[User]]) -> frozenset[int]:
    """Return the ids of the users whose policy requires a second person to approve the assignment of a token."""
    rules = policies.rules_of_many({user.pk for users in people.values() for user in users})
    return frozenset(pk for pk, found in rules.items() if ASSIGN_TOKEN.name in found.second_person)


def _person(name: str, people: Mapping[str, list[User]], staff: User | None, waiting: Collection[int]) -> User | None:
    """Return the user who gets a token, or None if the file names nobody. Errors: `ValueError` with a text."""
    return assignee(name, people, staff, waiting) if name else None


def assignee(name: str, people: Mapping[str, list[User]], staff: User | None, waiting: Collection[int]) -> User:
    """Return the user, if `staff` may assign them a token alone. Errors: `ValueError` with a text for staff.

    `waiting` are the users for whom a second person must approve the assignment, which an import can't ask for.
    """
    if staff is None:
        raise ValueError(_("The account that uploaded this file was deleted. Upload the file again."))
    user = people_search.only_of(people.get(fold(name), []))
    wrong = {ranks.Rank.SELF: ActionRefusal.ONESELF, ranks.Rank.ABOVE: ActionRefusal.MORE_RIGHTS}
    if refusal := wrong.get(ranks.rank(user, staff)):
        raise ValueError(refusal.advice)
    if user.pk in waiting:
        words = _("A second person must approve this. Request “Assign a hardware token” on the page of %(name)s.")
        raise ValueError(words % {"name": user.username})
    return user


def _seed(serial: str, fields: Mapping[str, str]) -> tuple[Seed | None, list[str]]:
    """Read a row's token. Return it, or all errors of the row."""
    errors = list[str]()
    if inputs.line(serial, max_length=_MAX_TEXT_LENGTH) != serial or not serial:
        errors.append(_("Enter a serial number of 1 to %(n)d characters.") % {"n": _MAX_TEXT_LENGTH})
    secret = collect_error(errors, _secret, fields["secret key"])
    scheme = collect_error(errors, _scheme, fields)
    counter = inputs.number(fields["counter"] or "0", most=_MAX_COUNTER)
    lead = inputs.number(fields["clock lead"] or "0", least=-3600, most=3600)
    if counter is None or lead is None:
        errors.append(_("The counter or the clock drift is out of range."))
    starts = collect_error(errors, _instant, fields["starts"])
    ends = collect_error(errors, _instant, _end(fields["ends"]))
    texts = {name: inputs.line(fields[name], max_length=_MAX_TEXT_LENGTH) for name in ("manufacturer", "model")}
    if None in texts.values():
        words = _("Shorten the manufacturer and the model to %(n)d characters each.")
        errors.append(words % {"n": _MAX_TEXT_LENGTH})
    if errors or secret is None or scheme is None or counter is None or lead is None:
        return None, errors
    seed = Seed(
        serial=serial,
        secret=secret,
        scheme=scheme,
        counter=counter,
        lead=lead,
        manufacturer=texts["manufacturer"] or "",
        model=texts["model"] or "",
        starts_at=starts,
        ends_at=ends,
    )
    return seed, errors


def _secret(text: str) -> bytes:
    """Read a secret key. Errors: `ValueError` with a text for staff."""
    secret = base64.b32decode(text + "=" * (-len(text) % 8))
    if len(secret) < _MIN_SECRET_BYTES:
        words = _("The secret key is too short. It needs at least %(n)d characters.")
        raise ValueError(words % {"n": ceil(_MIN_SECRET_BYTES * 8 / 5)})
    if len(secret) > _MAX_SECRET_BYTES:
        raise ValueError(_("The secret key is too long. At most %(n)d bytes are supported.") % {"n": _MAX_SECRET_BYTES})
    return secret


def _scheme(fields: Mapping[str, str]) -> Scheme:
    kind, name = fields["type"].strip().lower(), fields["hash"].strip()
    found = _HASH.search(name or kind)
    kind = " ".join(re.sub(r"[-_/,]", " ", _HASH.sub("", kind)).split()).removeprefix("oath").strip()
    if kind not in _KINDS:
        words = _("The type %(name)s isn’t supported. HOTP and TOTP are.")
        raise ValueError(words % {"name": fields["type"][:40]})
    if (name and found is None) or (found and f"sha{found[1]}" not in hardware_token_codes.HASHES):
        words = _("The hash %(name)s isn’t supported. SHA-1, SHA-256 and SHA-512 are.")
        raise ValueError(words % {"name": (name or fields["type"])[:40]})
    step = inputs.number(fields["time interval"] or "30")
    if not _KINDS[kind] and step not in _STEPS:
        words = _("Enter a time interval of %(least)d to %(most)d seconds, usually 30 or 60.")
        raise ValueError(words % {"least": _STEPS[0], "most": _STEPS[-1]})
    n_digits = inputs.number(fields["digits"] or "6")
    if n_digits not in hardware_token_codes.DIGITS:
        raise ValueError(_("Codes with %(n)s digits aren’t supported. 6, 7 and 8 are.") % {"n": fields["digits"][:10]})
    start = inputs.number(fields["start time"] or "0", most=int(datetime.now(UTC).timestamp()))
    if start is None:
        raise ValueError(_("Enter the start time in seconds since 1970. It can’t be in the future."))
    return Scheme(
        is_counted=_KINDS[kind],
        digits=n_digits or 6,
        hash=f"sha{found[1]}" if found else "sha1",
        step=step or 30 if step in _STEPS else 30,
        start=start,
    )


def _end(text: str) -> str:
    """Return an end date, or an empty string for one that means never, such as 9999-12-31."""
    year = re.match(r"(\d{4})-", text)
    return "" if year and int(year[1]) > inputs.LAST_YEAR else text


def _instant(text: str) -> datetime | None:
    """Read a time or a date. Errors: `ValueError` with a text for staff."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_("%(text)s isn’t a date. Enter it as 2026-03-02.") % {"text": text[:40]}) from None
    if not inputs.FIRST_YEAR <= found.year <= inputs.LAST_YEAR:
        raise ValueError(_("%(text)s isn’t a date. Enter it as 2026-03-02.") % {"text": text[:40]})
    return found if found.tzinfo else found.replace(tzinfo=UTC)
