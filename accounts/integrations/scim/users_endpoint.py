"""The endpoint of people (`/Users`): what is created, read, changed and deleted. `accounts.provisioning` applies it.

A deleted person is switched off and no longer seen by the directory. Their account stays until support erases it. The
directory gets it back if it sends the same person again: with the same `externalId`, or the same username if either of
the two has no `externalId`.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from scim2_models import (
    Context,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    ResponseParameters,
    UniquenessException,
)

from accounts import provisioning
from accounts.integrations.scim import request_bodies, user_and_group_schemas, user_resource_mapping
from accounts.integrations.scim.queries import filters, listing
from accounts.integrations.scim.queries.listing import ResourceListing
from accounts.integrations.scim.requests_and_responses import IncomingScimRequest, ScimResponse
from accounts.integrations.scim.token_authentication import AuthenticatedDirectory
from accounts.integrations.scim.user_and_group_schemas import Person
from accounts.models import DirectoryGroup, ScimPerson, User
from accounts.models.people import MAX_NAME_LENGTH, fold
from accounts.provisioning import (
    ChangeKind,
    EntryRefusal,
    PersonChange,
    PersonEntry,
    ProvisioningMethod,
    ProvisioningSource,
)
from verification.db.compiled_queries import BindParam, Select

Groups: TypeAlias = Sequence[Mapping[str, str]]  # of one person: the `value` and `display` of each

_TAKEN = "Someone else has this userName or externalId."
_INVALID = {
    EntryRefusal.INVALID_USERNAME: f"userName must have 1 to {MAX_NAME_LENGTH} visible characters.",
    EntryRefusal.INVALID_EMAIL: "This isn’t an email address.",
}
_STAFF = "Someone who works with this service has this userName. Staff are never taken over."
_LAST = "This person is the last administrator who can sign in, so they can’t be switched off or deleted."


def source(call: IncomingScimRequest) -> ProvisioningSource:
    """Return where a change came from, for the audit log."""
    return ProvisioningSource(way=ProvisioningMethod.SCIM, network=call.context.network, agent=call.context.agent)


def of(caller: AuthenticatedDirectory) -> QuerySet[ScimPerson]:
    """Return the people a directory sees."""
    return _seen(caller.directory.pk)


def _seen(directory: Any) -> QuerySet[ScimPerson]:
    """Return them by the directory's key. An index finds an id only if the account's directory is named too."""
    rows = ScimPerson.objects.filter(directory_id=directory, user__directory_id=directory, deleted_at=None)
    return rows.select_related("user")


def _locked(rows: QuerySet[ScimPerson]) -> QuerySet[ScimPerson]:
    return rows.select_for_update(of=("self",), no_key=True)


def _by_key() -> QuerySet[ScimPerson]:
    return _seen(BindParam("directory")).filter(user__directory_key=BindParam("key"))


def _deleted(**by: Any) -> QuerySet[ScimPerson]:
    rows = ScimPerson.objects.filter(directory_id=BindParam("directory"), deleted_at__isnull=False, **by)
    return _locked(rows.select_related("user"))


_ONE = Select(_by_key)
_ONE_LOCKED = Select(lambda: _locked(_by_key()))
_DELETED_BY_ID = Select(lambda: _deleted(external_id=BindParam("external_id")).order_by("-deleted_at"))
_DELETED_BY_NAME = Select(lambda: _deleted(user__username=BindParam("username")))
_GROUPS_OF = Select(
    lambda: DirectoryGroup.objects.filter(
        directory_id=BindParam("directory"), group__user=BindParam("user_id")
    ).order_by("group_id")
)


def read(caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str) -> ScimResponse:
    """Answer a GET of one person."""
    return _shown(caller, call, _one(_ONE, caller, key))


def listed(caller: AuthenticatedDirectory, call: IncomingScimRequest) -> ResourceListing:
    """Return what a list of people is made of."""

    def load(rows: Sequence[ScimPerson], groups: Mapping[int, Groups]) -> list[Person]:
        return [user_resource_mapping.complete(row, groups.get(row.user_id, ()), call.base) for row in rows]

    def render(rows: Sequence[ScimPerson], asked: "ResponseParameters[Any]") -> list[dict[str, Any]]:
        people = load(rows, _groups(caller, rows) if listing.wants(asked, "groups") else {})
        return [user_resource_mapping.render(person, asked) for person in people]

    return ResourceListing(
        model=Person,
        rows=of(caller),
        columns=filters.PEOPLE,
        sortable=_SORTABLE,
        render=render,
        load=lambda rows: load(rows, _groups(caller, rows)),
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


def create(caller: AuthenticatedDirectory, call: IncomingScimRequest) -> ScimResponse:
    """Answer a POST: a new person, or one the directory deleted before."""
    person, ignored = request_bodies.resource(Person, request_bodies.body(call), Context.RESOURCE_CREATION_REQUEST)
    user_resource_mapping.settled(person)
    if person.active is None:
        person.active = True
    try:
        with transaction.atomic():
            row = _found_deleted(caller, person)
            key = row.user.directory_key if row else str(uuid.uuid4())
            done = _apply(caller, call, person, key)
            if done.user_id is not None and not done.reason:
                _keep(row or ScimPerson(user_id=done.user_id, directory=caller.directory), person, call)
    except IntegrityError:
        raise UniquenessException(detail=_TAKEN) from None
    if done.reason:
        raise ForbiddenException(detail=_LAST)
    shown = _shown(caller, call, _one(_ONE, caller, key))
    location = {"Location": f"{call.base}/Users/{key}"}
    return ScimResponse(status=201, body=shown.body, headers=location, ignored=ignored)


def replace(caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str) -> ScimResponse:
    """Answer a PUT. A person whose `active` it doesn't state stays as they are."""
    sent, ignored = request_bodies.resource(Person, request_bodies.body(call), Context.RESOURCE_REPLACEMENT_REQUEST)

    def change(stored: Person) -> Person:
        return sent if sent.active is not None else sent.model_copy(update={"active": stored.active})

    return _changed(caller, call, key, change, ignored)


def patch(caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str) -> ScimResponse:
    """Answer a PATCH."""
    message, ignored = request_bodies.patch(Person, request_bodies.body(call))

    def change(stored: Person) -> Person:
        if message is not None:
            message.patch(stored, scim_policy=user_and_group_schemas.POLICY)
        return stored

    return _changed(caller, call, key, change, ignored)


def delete(caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str) -> ScimResponse:
    """Answer a DELETE: the person is switched off, leaves the directory's groups, and is no longer seen.

    Nothing else of them changes, so that no value which can't be taken over keeps them here.
    """
    with transaction.atomic():
        row = _one(_ONE_LOCKED, caller, key)
        done = _carried_out(caller, call, user_resource_mapping.leaving(row.user))
        if done.reason is not EntryRefusal.LAST_ADMINISTRATOR:
            provisioning.leave_groups(caller.directory, row.user_id, source(call), call.now)
            row.deleted_at = call.now
            row.save(update_fields=["deleted_at"])
    if done.reason is EntryRefusal.LAST_ADMINISTRATOR:
        raise ForbiddenException(detail=_LAST)
    return ScimResponse(status=204)


def _changed(
    caller: AuthenticatedDirectory,
    call: IncomingScimRequest,
    key: str,
    change: Callable[[Person], Person],
    ignored: tuple[str, ...],
) -> ScimResponse:
    """Apply what a PUT or PATCH makes of a person. The same again writes nothing.

    Another request may have changed the person since they were read. So a change is made again of the locked row, or
    the values of before would come back with it: someone who was just switched off would be switched on.
    """
    row = _one(_ONE, caller, key)
    if not _is_as_stored(row, user_resource_mapping.settled(change(user_resource_mapping.load(row)))):
        row = _rewritten(caller, call, key, change)
    shown = _shown(caller, call, row)
    return ScimResponse(status=200, body=shown.body, ignored=ignored)


def _rewritten(
    caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str, change: Callable[[Person], Person]
) -> ScimPerson:
    try:
        with transaction.atomic():
            row = _one(_ONE_LOCKED, caller, key)
            person = user_resource_mapping.settled(change(user_resource_mapping.load(row)))
            done = _apply(caller, call, person, key)
            if not done.reason:
                _keep(row, _without_refused(person, user_resource_mapping.load(row), done), call)
                row.user.is_active = done.fields.get("is_active", (None, row.user.is_active))[1] is True
    except IntegrityError:
        raise UniquenessException(detail=_TAKEN) from None
    if done.reason is EntryRefusal.LAST_ADMINISTRATOR:
        raise ForbiddenException(detail=_LAST)
    return row


def _is_as_stored(row: ScimPerson, person: Person) -> bool:
    stored = user_resource_mapping.load(row)
    is_same = (
        user_resource_mapping.as_json(stored) == user_resource_mapping.as_json(person)
        and stored.external_id == person.external_id
    )
    return is_same and row.user.is_active == (person.active is True)


def _apply(caller: AuthenticatedDirectory, call: IncomingScimRequest, person: Person, key: str) -> PersonChange:
    """Carry out what a resource says. A refusal for the last administrator is returned, because it is audited.

    Errors: `SCIMException`. Leaving is never refused because of another value.
    """
    done = _carried_out(caller, call, user_resource_mapping.entry(person, key))
    for refusal in done.refusals.values():
        if refusal is EntryRefusal.LAST_ADMINISTRATOR or done.verdict is ChangeKind.SWITCHED_OFF:
            break
        if refusal in _INVALID:
            raise InvalidValueException(detail=_INVALID[refusal])
        raise UniquenessException(detail=_STAFF if refusal is EntryRefusal.STAFF else _TAKEN)
    return done


def _carried_out(caller: AuthenticatedDirectory, call: IncomingScimRequest, entry: PersonEntry) -> PersonChange:
    """Carry out what an entry changes, and return what it changed, and what not."""
    planned = PersonChange(entry=entry, verdict=ChangeKind.CHANGED)
    (done,) = provisioning.apply_people(caller.directory, [planned], source(call), call.now)
    return done


def _without_refused(person: Person, stored: Person, done: PersonChange) -> Person:
    """Return a resource with its former values where someone left with values that weren't taken over.

    Else the directory would read that the account has them, and each later change would be refused because of them.
    """
    if "username" in done.refusals:
        person.user_name = stored.user_name
    if "email" in done.refusals:
        person.emails = stored.emails
    return person


def _keep(row: ScimPerson, person: Person, call: IncomingScimRequest) -> None:
    user_resource_mapping.write(row, person)
    is_new = row.deleted_at is None and row.changed_at is None
    row.changed_at, row.deleted_at = call.now, None
    row.save(force_insert=is_new)


def _found_deleted(caller: AuthenticatedDirectory, person: Person) -> ScimPerson | None:
    """Return the row of the same person, locked, if the directory deleted them before."""
    directory, external_id, name = caller.directory.pk, person.external_id or "", fold(person.user_name or "")
    if external_id and (same := _DELETED_BY_ID.all(directory=directory, external_id=external_id)):
        return next((row for row in same if row.user.username == name), same[0])  # others may have got the id later
    named = _DELETED_BY_NAME.first(directory=directory, username=name)
    return named if named is not None and "" in {external_id, named.external_id} else None


def _one(select: Select[ScimPerson], caller: AuthenticatedDirectory, key: str) -> ScimPerson:
    is_key = bool(key) and user_resource_mapping.is_text(key)
    found = select.first(directory=caller.directory.pk, key=key) if is_key else None
    if found is None:
        raise NotFoundException(detail="There is no person with this id.")
    return found


def _shown(caller: AuthenticatedDirectory, call: IncomingScimRequest, row: ScimPerson) -> ScimResponse:
    asked = listing.selection(Person, call)
    groups: Groups = []
    if listing.wants(asked, "groups"):
        found = _GROUPS_OF.all(directory=caller.directory.pk, user_id=row.user_id)
        groups = [{"value": group.key, "display": group.name} for group in found]
    person = user_resource_mapping.complete(row, groups, call.base)
    return ScimResponse(status=200, body=user_resource_mapping.render(person, asked))


def _groups(caller: AuthenticatedDirectory, rows: Sequence[ScimPerson]) -> dict[int, list[dict[str, str]]]:
    """Return the groups of some people, by user."""
    people = [row.user_id for row in rows]
    found = User.groups.through.objects.filter(user_id__in=people, group__of_directory__directory=caller.directory)
    by_user: dict[int, list[dict[str, str]]] = {}
    for pk, key, name in found.order_by("group_id").values_list(
        "user_id", "group__of_directory__key", "group__of_directory__name"
    ):
        by_user.setdefault(pk, []).append({"value": key, "display": name})
    return by_user
