"""What a directory's entry changes about the person who is here. Pure: it reads and writes nothing."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import get_supported_language_variant

from accounts.models import Directory, SuggestedNumber, User
from accounts.models.people import MAX_NAME_LENGTH, fold
from accounts.provisioning.directory_entries import PersonEntry
from verification import inputs, phone_numbers

MAX_KEY_LENGTH = 64  # characters
_SPACES = re.compile(r"[\s()./-]")  # within a number
_MAX_EMAIL_LENGTH = 254  # characters. Source: RFC 5321, 4.5.3.1.3, without the brackets


class ChangeKind(StrEnum):
    """What an entry changes. Of a person who is switched off or on, other fields may change too."""

    ADDED = "added"
    LINKED = "linked"
    CHANGED = "changed"
    SWITCHED_OFF = "switched_off"
    SWITCHED_ON = "switched_on"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class EntryRefusal(StrEnum):
    """Why something of an entry isn't taken over."""

    INVALID_KEY = "invalid_key"
    INVALID_USERNAME = "invalid_username"
    INVALID_EMAIL = "invalid_email"
    USERNAME_TAKEN = "username_taken"
    STAFF = "staff"
    LAST_ADMINISTRATOR = "last_administrator"


@dataclass(frozen=True, kw_only=True)
class PersonChange:
    """What an entry would change, or has changed.

    Shape: `fields` maps a field to its old and new value; phone numbers are `mobile`, `office` and `home`, whole.
    `refusals` maps a field that stays as it is to the reason, also if the verdict is another one. `user_id` is the
    person it is about: None before one is added, and for a refusal without one.
    """

    entry: PersonEntry
    verdict: ChangeKind
    user_id: int | None = None
    fields: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    refusals: Mapping[str, EntryRefusal] = field(default_factory=dict)

    @property
    def reason(self) -> EntryRefusal | None:
        """Return why it is refused."""
        return next(iter(self.refusals.values()), None) if self.verdict is ChangeKind.REFUSED else None

    @property
    def is_leaving(self) -> bool:
        """Return whether someone who can sign in is switched off, even while the directory takes them over."""
        return self.fields.get("is_active") == (True, False)

    def shown(self) -> dict[str, tuple[object, object]]:
        """Return the fields as pages may show them: phone numbers are masked."""
        numbers = set(SuggestedNumber.Kind.values)
        return {
            name: tuple(phone_numbers.mask(str(each)) if each else "" for each in pair) if name in numbers else pair  # type: ignore[misc]  # two become two
            for name, pair in self.fields.items()
        }


def username_of(entry: PersonEntry) -> str | None:
    """Return the username as we store it, or None if nobody can have it."""
    name = fold(inputs.line(entry.username, max_length=MAX_NAME_LENGTH) or "")
    is_visible = not any(unicodedata.category(sign) == "Cf" for sign in name)
    return name if 0 < len(name) <= MAX_NAME_LENGTH and is_visible else None


def email_of(entry: PersonEntry) -> str | None:
    """Return the email address as we store it, which may be empty, or None if it is none."""
    email = User.objects.normalize_email(inputs.line(entry.email, max_length=_MAX_EMAIL_LENGTH))
    if email or entry.email.strip():
        try:
            validate_email(email)
        except ValidationError:
            return None
    return email


def numbers_of(entry: PersonEntry, former: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return the first readable number of each kind. Shape: E.164, also of `former`, which were read before.

    Most numbers are the former ones, and to read one takes most of the time for a person.
    """
    found: dict[str, str] = {}
    for phone in entry.phones or ():
        if phone.kind in found:
            continue
        if _SPACES.sub("", phone.number) == former.get(phone.kind):
            found[phone.kind] = former[phone.kind]
            continue
        try:
            found[phone.kind] = phone_numbers.read(phone.number)
        except phone_numbers.Impossible:
            continue
    return found


def language_of(entry: PersonEntry) -> str:
    """Return the language of ours that the entry prefers, or an empty text."""
    first = entry.language.partition(",")[0].partition(";")[0].strip().lower()
    try:
        return get_supported_language_variant(first) if first else ""
    except LookupError:
        return ""


def plan_person(
    directory: Directory,
    user: User | None,
    entry: PersonEntry,
    *,
    numbers: Mapping[str, str] | None = None,
    is_taken: bool = False,
    is_last_administrator: bool = False,
) -> PersonChange:
    """Return what an entry changes. `user` is whom `matching_people` found: the directory's own person, or one to link.

    The directory decides username, name, email address, phone numbers, and whether the person can sign in. Its language
    is only used while the person has none. `numbers` are those that it supplied before; `is_taken`: the username is
    someone else's. Leaving is never refused because of another field.
    """
    refusals: dict[str, EntryRefusal] = {}
    if not 0 < len(entry.key) <= MAX_KEY_LENGTH:
        return _refused(entry, user, {"key": EntryRefusal.INVALID_KEY})
    wanted: dict[str, object] = {"name": inputs.shortened(entry.name, max_length=MAX_NAME_LENGTH)}
    username, email = username_of(entry), email_of(entry)
    if username is None:
        refusals["username"] = EntryRefusal.INVALID_USERNAME
    elif is_taken:
        refusals["username"] = EntryRefusal.USERNAME_TAKEN
    else:
        wanted["username"] = username
    if email is None:
        refusals["email"] = EntryRefusal.INVALID_EMAIL
    else:
        wanted["email"] = email
    if user is None:
        return _of_stranger(entry, wanted, refusals)
    if user.directory_id is None and (user.is_staff or user.is_superuser):
        return _refused(entry, None, {"username": EntryRefusal.STAFF})
    if user.is_active and not entry.is_active and is_last_administrator:
        return _refused(entry, user, {"is_active": EntryRefusal.LAST_ADMINISTRATOR})
    if (language := language_of(entry)) and not user.language:
        wanted["language"] = language
    fields = {name: (getattr(user, name), value) for name, value in wanted.items()}
    fields |= _activity(user, entry)
    fields |= _phones(entry, numbers or {})
    fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
    verdict = _verdict(user, fields, refusals)
    return PersonChange(entry=entry, verdict=verdict, user_id=user.pk, fields=fields, refusals=refusals)


def _refused(entry: PersonEntry, user: User | None, refusals: Mapping[str, EntryRefusal]) -> PersonChange:
    return PersonChange(
        entry=entry, verdict=ChangeKind.REFUSED, user_id=user.pk if user else None, refusals=dict(refusals)
    )


def _of_stranger(entry: PersonEntry, wanted: dict[str, object], refusals: dict[str, EntryRefusal]) -> PersonChange:
    if "username" in refusals:
        return _refused(entry, None, refusals)
    wanted |= {"language": language_of(entry), "is_active": entry.is_active, **numbers_of(entry)}
    fields: dict[str, tuple[object, object]] = {name: ("", value) for name, value in wanted.items() if value != ""}
    return PersonChange(entry=entry, verdict=ChangeKind.ADDED, fields=fields, refusals=refusals)


def _activity(user: User, entry: PersonEntry) -> dict[str, tuple[object, object]]:
    """Return whether the person is switched off or on. The directory switches on only people it switched off."""
    if entry.is_active and not user.is_active and user.directory_off_at is None:
        return {}
    return {"is_active": (user.is_active, entry.is_active)}


def _phones(entry: PersonEntry, former: Mapping[str, str]) -> dict[str, tuple[object, object]]:
    if entry.phones is None:
        return {}
    new = numbers_of(entry, former)
    return {kind: (former.get(kind, ""), new.get(kind, "")) for kind in SuggestedNumber.Kind.values}


def _verdict(user: User, fields: Mapping[str, object], refusals: Mapping[str, EntryRefusal]) -> ChangeKind:
    if user.directory_id is None:
        return ChangeKind.LINKED
    if "is_active" in fields:
        return ChangeKind.SWITCHED_OFF if user.is_active else ChangeKind.SWITCHED_ON
    if fields:
        return ChangeKind.CHANGED
    return ChangeKind.REFUSED if refusals else ChangeKind.UNCHANGED
