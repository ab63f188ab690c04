"""Maps a user between three forms: the resource that a directory sends, the entry that we apply, and the stored row."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from scim2_models import Context as ScimContext
from scim2_models import GroupMembership, InvalidValueException, Meta, ResponseParameters

from accounts.integrations.scim import size_limits
from accounts.integrations.scim.user_and_group_schemas import EmailAttribute, Person, PhoneNumber
from accounts.models import ScimPerson, User
from accounts.provisioning import PersonEntry, PhoneEntry
from verification import inputs
from verification.keys import strings_encrypted_for_one_row

LONG_EXTERNAL_ID = f"externalId can have at most {size_limits.MAX_EXTERNAL_ID_LENGTH} characters."
_KINDS = {"mobile": "mobile", "work": "office", "home": "home", "": "mobile"}
_FIXED = ("schemas", "id", "externalId", "meta", "groups")


def settled(person: Person) -> Person:
    """Return a resource as we keep it: without empty values, and with one email address. Errors: `SCIMException`."""
    emails = [each for each in person.emails or () if each.value]
    person.emails = [_chosen(emails)] if emails else None
    person.phone_numbers = [each for each in person.phone_numbers or () if each.value][
        : size_limits.MAX_PHONE_NUMBERS
    ] or None
    if len(person.external_id or "") > size_limits.MAX_EXTERNAL_ID_LENGTH:
        raise InvalidValueException(detail=LONG_EXTERNAL_ID)
    if len(as_json(person)) > size_limits.MAX_PERSON_LENGTH:
        raise InvalidValueException(detail="The values of this person are too long.")
    return person


def _chosen(emails: Sequence[EmailAttribute]) -> EmailAttribute:
    """Return the primary address, else the one of work, else the first."""
    return next(
        (each for is_it in (_is_primary, _is_of_work) for each in emails if is_it(each)),
        emails[0],
    )


def _is_primary(email: EmailAttribute) -> bool:
    return email.primary is True


def _is_of_work(email: EmailAttribute) -> bool:
    return _kind(email) == "work"


def _kind(value: EmailAttribute | PhoneNumber) -> str:
    return str(value.type or "").casefold()


def as_json(person: Person) -> str:
    """Write what a directory sent of a person, except what has a column."""
    said = person.model_dump(scim_ctx=ScimContext.DEFAULT)
    return json.dumps({name: value for name, value in said.items() if name not in _FIXED}, sort_keys=True)


def entry(person: Person, key: str) -> PersonEntry:
    """Return what a resource says, as `accounts.provisioning` applies it."""
    numbers = sorted(person.phone_numbers or (), key=lambda each: each.primary is not True)
    return PersonEntry(
        key=key,
        username=person.user_name or "",
        name=_name(person),
        email=person.emails[0].value or "" if person.emails else "",
        is_active=person.active is True,
        phones=tuple(
            PhoneEntry(kind=_KINDS[_kind(each)], number=_number(each.value))  # type: ignore[arg-type]  # the kinds are these
            for each in numbers
            if _kind(each) in _KINDS
        ),
        language=(person.preferred_language or "").replace("_", "-"),
    )


def leaving(user: User) -> PersonEntry:
    """Return what switches a person off and changes nothing else."""
    return PersonEntry(
        key=user.directory_key, username=user.username, name=user.name, email=user.email, is_active=False, phones=None
    )


def _name(person: Person) -> str:
    parts = person.name
    full = parts.formatted or f"{parts.given_name or ''} {parts.family_name or ''}".strip() if parts else ""
    return person.display_name or full


def _number(value: str | None) -> str:
    """Return a number without the prefix of a URI. Source: RFC 3966."""
    return re.sub(r"^tel:", "", value or "", flags=re.IGNORECASE).partition(";")[0]


def write(row: ScimPerson, person: Person) -> None:
    """Put a resource into its row, which is not saved."""
    row.external_id = person.external_id or ""
    row.sealed = strings_encrypted_for_one_row.seal(as_json(person), bound=str(row.user_id))


def load(row: ScimPerson) -> Person:
    """Return the resource of a row, without its groups. If no key opens it, it has what the account says."""
    user = row.user
    opened = strings_encrypted_for_one_row.unseal(row.sealed, bound=str(row.user_id))
    said: dict[str, Any] = (
        json.loads(opened)
        if opened is not None
        else {"userName": user.username, "displayName": user.name or None, "active": user.is_active}
        | ({"emails": [{"value": user.email, "primary": True}]} if user.email else {})
    )
    person = Person.model_validate(said)
    person.id = user.directory_key
    person.external_id = row.external_id or None
    if person.active is not None:
        person.active = user.is_active
    return person


def complete(row: ScimPerson, groups: Sequence[Mapping[str, str]], base: str) -> Person:
    """Return the resource of a row with what is ours: its groups and metadata. Shape: groups have value, display."""
    person = load(row)
    location = f"{base}/Users/{person.id}"
    person.meta = Meta(
        resource_type="User", created=row.user.directory_since, last_modified=row.changed_at, location=location
    )
    person.groups = [
        GroupMembership.model_validate({**each, "$ref": f"{base}/Groups/{each['value']}", "type": "direct"})
        for each in groups
    ] or None
    return person


def render(person: Person, asked: "ResponseParameters[Any]") -> dict[str, Any]:
    """Return a complete person as JSON."""
    return person.model_dump(scim_ctx=ScimContext.RESOURCE_QUERY_RESPONSE, response_parameters=asked)


def is_text(value: str) -> bool:
    """Return whether a text fits an id of ours."""
    return inputs.text(value, max_length=64) is not None
