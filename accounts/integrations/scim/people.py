"""People by SCIM: created, read, replaced, patched, switched off and deleted, all by `accounts.provisioning`.

A deleted person is switched off and no longer seen by the directory. Their account stays until support erases it. The
directory gets it back if it sends the same person again: with the same `externalId`, or the same username if either of
the two has no `externalId`.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from scim2_models import (
    Context,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    ResponseParameters,
    UniquenessException,
)

from accounts import provisioning
from accounts.integrations.scim import attribute_mapping, filters, listing, request_bodies, schemas
from accounts.integrations.scim.answers import Answer, Call
from accounts.integrations.scim.callers import Caller
from accounts.integrations.scim.listing import Listed
from accounts.integrations.scim.schemas import Person
from accounts.models import DirectoryGroup, ScimPerson, User
from accounts.models.people import fold
from accounts.provisioning import Members, PersonChange, Refusal, Source, Verdict, Way

_TAKEN = "Someone else has this userName or externalId."
_INVALID = {
    Refusal.INVALID_USERNAME: "userName has 1 to 150 characters, all of them visible.",
    Refusal.INVALID_EMAIL: "This isn’t an email address.",
}
_STAFF = "Someone who works with this service has this userName. Staff are never taken over."
_LAST = "This person is the last administrator who can sign in, so they can’t be switched off or deleted."


def source(call: Call) -> Source:
    """Return where a change came from, for the audit log."""
    return Source(way=Way.SCIM, network=call.context.network, agent=call.context.agent)


def of(caller: Caller) -> QuerySet[ScimPerson]:
    """Return the people whom a directory sees."""
    return ScimPerson.objects.filter(directory=caller.directory, deleted_at=None).select_related("user")


def read(caller: Caller, call: Call, key: str) -> Answer:
    """Answer a GET of one person."""
    return _shown(caller, call, _one(of(caller), key))


def listed(caller: Caller, call: Call) -> Listed:
    """Return what a list of people is made of."""

    def render(rows: Sequence[ScimPerson], asked: ResponseParameters[Any]) -> list[dict[str, Any]]:
        groups = _groups(caller, rows) if listing.wants(asked, "groups") else {}
        return [
            attribute_mapping.render(row, attribute_mapping.load(row), groups.get(row.user_id, ()), call.base, asked)
            for row in rows
        ]

    return Listed(
        model=Person,
        rows=of(caller),
        columns=filters.PEOPLE,
        sortable=_SORTABLE,
        render=render,
        load=attribute_mapping.load,
    )


_SORTABLE = {
    "id": "user__directory_key",
    "externalid": "external_id",
    "username": "user__username",
    "displayname": "user__name",
    "active": "user__is_active",
    "emails": "user__email",
    "emails.value": "user__email",
    "meta.created": "user__directory_since",
    "meta.lastmodified": "changed_at",
}


def create(caller: Caller, call: Call) -> Answer:
    """Answer a POST: a new person, or one whom the directory deleted before."""
    person, ignored = request_bodies.resource(Person, request_bodies.body(call), Context.RESOURCE_CREATION_REQUEST)
    attribute_mapping.settled(person)
    if person.active is None:
        person.active = True
    try:
        with transaction.atomic():
            row = _deleted(caller, person)
            key = row.user.directory_key if row else str(uuid.uuid4())
            done = _apply(caller, call, person, key)
            if done.user_id is None:
                raise ForbiddenException(detail=_LAST)
            _keep(row or ScimPerson(user_id=done.user_id, directory=caller.directory), person, call)
    except IntegrityError:
        raise UniquenessException(detail=_TAKEN) from None
    shown = _shown(caller, call, _one(of(caller), key))
    location = {"Location": f"{call.base}/Users/{key}"}
    return Answer(status=201, body=shown.body, headers=location, ignored=ignored)


def replace(caller: Caller, call: Call, key: str) -> Answer:
    """Answer a PUT. A person whose `active` it doesn't state stays as they are."""
    person, ignored = request_bodies.resource(Person, request_bodies.body(call), Context.RESOURCE_REPLACEMENT_REQUEST)
    row = _one(of(caller), key)
    if person.active is None:
        person.active = attribute_mapping.load(row).active
    return _changed(caller, call, row, attribute_mapping.settled(person), ignored)


def patch(caller: Caller, call: Call, key: str) -> Answer:
    """Answer a PATCH."""
    message, ignored = request_bodies.patch(Person, request_bodies.body(call))
    row = _one(of(caller), key)
    person = attribute_mapping.load(row)
    if message is not None:
        message.patch(person, scim_policy=schemas.POLICY)
    return _changed(caller, call, row, attribute_mapping.settled(person), ignored)


def delete(caller: Caller, call: Call, key: str) -> Answer:
    """Answer a DELETE: the person is switched off, leaves the directory's groups, and is no longer seen."""
    with transaction.atomic():
        row = _one(of(caller), key)
        person = attribute_mapping.load(row)
        person.active = False
        done = _apply(caller, call, person, key)
        if done.reason is not Refusal.LAST_ADMINISTRATOR:
            for group in DirectoryGroup.objects.filter(directory=caller.directory, group__user=row.user):
                members = Members(key=group.key, removed=frozenset({key}))
                provisioning.apply_group(caller.directory, members, source(call), call.now)
            row.deleted_at = call.now
            row.save(update_fields=["deleted_at"])
    if done.reason is Refusal.LAST_ADMINISTRATOR:
        raise ForbiddenException(detail=_LAST)
    return Answer(status=204)


def _changed(caller: Caller, call: Call, row: ScimPerson, person: Person, ignored: tuple[str, ...]) -> Answer:
    """Apply what a PUT or PATCH made of a person. The same again writes nothing."""
    if not _is_as_stored(row, person):
        key = row.user.directory_key
        try:
            with transaction.atomic():
                done = _apply(caller, call, person, key)
                if not done.reason:
                    _keep(row, person, call)
        except IntegrityError:
            raise UniquenessException(detail=_TAKEN) from None
        if done.reason is Refusal.LAST_ADMINISTRATOR:
            raise ForbiddenException(detail=_LAST)
        row = _one(of(caller), key)
    shown = _shown(caller, call, row)
    return Answer(status=200, body=shown.body, ignored=ignored)


def _is_as_stored(row: ScimPerson, person: Person) -> bool:
    stored = attribute_mapping.load(row)
    is_same = (
        attribute_mapping.as_json(stored) == attribute_mapping.as_json(person)
        and stored.external_id == person.external_id
    )
    return is_same and row.user.is_active == (person.active is True)


def _apply(caller: Caller, call: Call, person: Person, key: str) -> PersonChange:
    """Carry out what a resource says. A refusal for the last administrator is returned, because it is audited.

    Errors: `SCIMException`. Leaving is never refused because of another value.
    """
    entry = attribute_mapping.entry(person, key)
    planned = PersonChange(entry=entry, verdict=Verdict.CHANGED)
    (done,) = provisioning.apply_people(caller.directory, [planned], source(call), call.now)
    for refusal in done.refusals.values():
        if refusal is Refusal.LAST_ADMINISTRATOR or done.verdict is Verdict.SWITCHED_OFF:
            break
        if refusal in _INVALID:
            raise InvalidValueException(detail=_INVALID[refusal])
        raise UniquenessException(detail=_STAFF if refusal is Refusal.STAFF else _TAKEN)
    return done


def _keep(row: ScimPerson, person: Person, call: Call) -> None:
    attribute_mapping.write(row, person)
    row.changed_at, row.deleted_at = call.now, None
    row.save()


def _deleted(caller: Caller, person: Person) -> ScimPerson | None:
    """Return the row of the same person, if the directory deleted them before."""
    rows = ScimPerson.objects.filter(directory=caller.directory, deleted_at__isnull=False).select_related("user")
    external_id, named = person.external_id or "", Q(user__username=fold(person.user_name or ""))
    if external_id:
        return rows.filter(external_id=external_id).first() or rows.filter(named, external_id="").first()
    return rows.filter(named).first()


def _one(rows: QuerySet[ScimPerson], key: str) -> ScimPerson:
    found = rows.filter(user__directory_key=key).first() if key and attribute_mapping.is_text(key) else None
    if found is None:
        raise NotFoundException(detail="There is no person with this id.")
    return found


def _shown(caller: Caller, call: Call, row: ScimPerson) -> Answer:
    asked = listing.selection(Person, call)
    groups = _groups(caller, [row]).get(row.user_id, ()) if listing.wants(asked, "groups") else ()
    return Answer(status=200, body=attribute_mapping.render(row, attribute_mapping.load(row), groups, call.base, asked))


def _groups(caller: Caller, rows: Sequence[ScimPerson]) -> dict[int, list[dict[str, str]]]:
    """Return the groups of some people, by user."""
    people = [row.user_id for row in rows]
    found = User.groups.through.objects.filter(user_id__in=people, group__of_directory__directory=caller.directory)
    by_user: dict[int, list[dict[str, str]]] = {}
    for pk, key, name in found.order_by("group_id").values_list(
        "user_id", "group__of_directory__key", "group__of_directory__name"
    ):
        by_user.setdefault(pk, []).append({"value": key, "display": name})
    return by_user
