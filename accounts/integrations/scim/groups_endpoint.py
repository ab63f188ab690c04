"""The endpoint of groups (`/Groups`). A change of single members reads and writes only these, whatever the size."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from scim2_models import (
    Context,
    InvalidValueException,
    Meta,
    NotFoundException,
    ResponseParameters,
    UniquenessException,
)

from accounts import provisioning
from accounts.integrations.scim import group_changes, request_bodies, size_limits, user_resource_mapping, users_endpoint
from accounts.integrations.scim.group_changes import Changes
from accounts.integrations.scim.queries import filters, listing
from accounts.integrations.scim.queries.listing import ResourceListing
from accounts.integrations.scim.requests_and_responses import IncomingScimRequest, ScimResponse
from accounts.integrations.scim.token_authentication import AuthenticatedDirectory
from accounts.integrations.scim.user_and_group_schemas import Group, GroupMember
from accounts.models import DirectoryGroup, User
from accounts.provisioning import MAX_GROUP_NAME_LENGTH, GroupEntry, Members
from verification import inputs
from verification.db.compiled_queries import BindParam, Select

_CHUNK = 500  # people in one query
_TAKEN = "Another group has this externalId."
_UNKNOWN = "There is no group with this id."
_SORTABLE = {"id": "key", "externalid": "external_id", "displayname": "name"}


def _by_key() -> QuerySet[DirectoryGroup]:
    return DirectoryGroup.objects.filter(directory_id=BindParam("directory"), key=BindParam("key"))


_ONE = Select(_by_key)
_ONE_LOCKED = Select(lambda: _by_key().select_for_update())


def of(caller: AuthenticatedDirectory) -> QuerySet[DirectoryGroup]:
    """Return the groups of a directory."""
    return DirectoryGroup.objects.filter(directory=caller.directory)


def read(caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str) -> ScimResponse:
    """Answer a GET of one group."""
    return _shown(call, _one(caller, key))


def listed(caller: AuthenticatedDirectory, call: IncomingScimRequest) -> ResourceListing:
    """Return what a list of groups is made of."""

    def render(rows: Sequence[DirectoryGroup], asked: "ResponseParameters[Any]") -> list[dict[str, Any]]:
        if not listing.wants(asked, "members"):
            return [_rendered(row, None, call, asked) for row in rows]
        sizes = dict(_through(rows).values_list("group_id").annotate(n=Count("user_id")))
        shown, n = list[DirectoryGroup](), 0
        for row in rows:  # a page may be shorter than the client wants
            n += sizes.get(row.group_id, 0)
            if shown and n > size_limits.MAX_MEMBERS_LISTED:
                break
            shown.append(row)
        members: dict[int, list[str]] = {}
        for group_id, key in _through(shown).order_by("user_id").values_list("group_id", "user__directory_key"):
            members.setdefault(group_id, []).append(key)
        return [_rendered(row, members.get(row.group_id, []), call, asked) for row in shown]

    return ResourceListing(model=Group, rows=of(caller), columns=filters.GROUPS, sortable=_SORTABLE, render=render)


def create(caller: AuthenticatedDirectory, call: IncomingScimRequest) -> ScimResponse:
    """Answer a POST."""
    group, ignored = request_bodies.resource(Group, request_bodies.body(call), Context.RESOURCE_CREATION_REQUEST)
    key, members = str(uuid.uuid4()), _keys(group)
    _check_members(caller, members)
    row = _written(caller, call, key, group.display_name or "", members, group.external_id or "")
    location = {"Location": f"{call.base}/Groups/{key}"}
    return ScimResponse(status=201, body=_shown(call, row).body, headers=location, ignored=ignored)


def replace(caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str) -> ScimResponse:
    """Answer a PUT: the group has exactly these members."""
    group, ignored = request_bodies.resource(Group, request_bodies.body(call), Context.RESOURCE_REPLACEMENT_REQUEST)
    members = _keys(group)
    _check_members(caller, members)
    with transaction.atomic():
        _one(caller, key, is_locked=True)
        row = _written(caller, call, key, group.display_name or "", members, group.external_id or "")
    return ScimResponse(status=200, body=_shown(call, row).body, ignored=ignored)


def patch(caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str) -> ScimResponse:
    """Answer a PATCH. The group isn't returned: it may be large."""
    message, ignored = request_bodies.patch(Group, request_bodies.body(call))
    changes = group_changes.of(message) if message is not None else Changes()
    _check_members(caller, changes.joining)
    if changes.members is None:
        _adjust(caller, call, key, changes)
    else:
        with transaction.atomic():
            row = _one(caller, key, is_locked=True)
            name = row.name if changes.name is None else changes.name
            external_id = row.external_id if changes.external_id is None else changes.external_id
            _written(caller, call, key, name, changes.joining, external_id)
    return ScimResponse(status=204, ignored=ignored)


def delete(caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str) -> ScimResponse:
    """Answer a DELETE."""
    row = _one(caller, key)
    provisioning.remove_group(caller.directory, row.key, users_endpoint.source(call), call.now)
    return ScimResponse(status=204)


def _adjust(caller: AuthenticatedDirectory, call: IncomingScimRequest, key: str, changes: Changes) -> None:
    """Rename a group and change single members, without reading the others."""
    _check_key(key)
    _check_name(changes.name)
    members = Members(key=key, name=changes.name, added=changes.added, removed=changes.removed)
    # To let people join or leave is a transaction of its own: another one around it would only cost a savepoint.
    with _refusals(), nullcontext() if changes.external_id is None else transaction.atomic():
        row = provisioning.apply_group(caller.directory, members, users_endpoint.source(call), call.now)
        _name_for_client(row, changes.external_id)


def _written(
    caller: AuthenticatedDirectory,
    call: IncomingScimRequest,
    key: str,
    name: str,
    members: Collection[str],
    external_id: str,
) -> DirectoryGroup:
    """Make or change a group, with exactly these members, who have been checked."""
    _check_name(name)
    entry = GroupEntry(key=key, name=name, members=frozenset(members))
    with _refusals(), transaction.atomic():
        row = provisioning.apply_group(caller.directory, entry, users_endpoint.source(call), call.now)
        _name_for_client(row, external_id)
    return row


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what a group can't be into an error for the client."""
    try:
        yield
    except provisioning.UnknownGroup:
        raise NotFoundException(detail=_UNKNOWN) from None
    except provisioning.Invalid:
        raise InvalidValueException(detail="displayName must have a visible character.") from None


def _name_for_client(row: DirectoryGroup, external_id: str | None) -> None:
    """Store what the client calls a group, unless it is the same or isn't stated."""
    if external_id is None or row.external_id == external_id:
        return
    if len(external_id) > size_limits.MAX_EXTERNAL_ID_LENGTH:
        raise InvalidValueException(detail=user_resource_mapping.LONG_EXTERNAL_ID)
    row.external_id = external_id
    try:
        row.save(update_fields=["external_id"])
    except IntegrityError:
        raise UniquenessException(detail=_TAKEN) from None


def _keys(group: Group) -> frozenset[str]:
    members = group.members or ()
    if any((each.type or "User").casefold() != "user" for each in members):
        raise InvalidValueException(detail="Members of a group are people: a group has no groups.")
    return frozenset(each.value or "" for each in members)


def _check_members(caller: AuthenticatedDirectory, keys: Collection[str]) -> None:
    """Refuse ids that no person of the directory has: a group that silently lacks people would never be repaired."""
    sought = sorted(keys)
    for at in range(0, len(sought), _CHUNK):
        part = sought[at : at + _CHUNK]
        found = set(
            users_endpoint.of(caller).filter(user__directory_key__in=part).values_list("user__directory_key", flat=True)
        )
        if missing := [key for key in part if key not in found]:
            raise InvalidValueException(detail=f"There is no person with the id {missing[0][:64]!r}.")


def _one(caller: AuthenticatedDirectory, key: str, *, is_locked: bool = False) -> DirectoryGroup:
    _check_key(key)
    found = (_ONE_LOCKED if is_locked else _ONE).first(directory=caller.directory.pk, key=key)
    if found is None:
        raise NotFoundException(detail=_UNKNOWN)
    return found


def _check_key(key: str) -> None:
    if not key or not user_resource_mapping.is_text(key):
        raise NotFoundException(detail=_UNKNOWN)


def _check_name(name: str | None) -> None:
    """Refuse a name that would be shortened, which the client would never learn."""
    if name and inputs.is_cut(name, max_length=MAX_GROUP_NAME_LENGTH):
        raise InvalidValueException(detail=f"displayName must have at most {MAX_GROUP_NAME_LENGTH} characters.")


def _through(rows: Sequence[DirectoryGroup]) -> QuerySet[Any]:
    """Return the memberships of groups. Someone the directory deleted is in none of them."""
    return User.groups.through.objects.filter(group_id__in=[row.group_id for row in rows])


def _shown(call: IncomingScimRequest, row: DirectoryGroup) -> ScimResponse:
    asked = listing.selection(Group, call)
    members = (
        list(_through([row]).order_by("user_id").values_list("user__directory_key", flat=True))
        if listing.wants(asked, "members")
        else None
    )
    return ScimResponse(status=200, body=_rendered(row, members, call, asked))


def _rendered(
    row: DirectoryGroup, members: Sequence[str] | None, call: IncomingScimRequest, asked: "ResponseParameters[Any]"
) -> dict[str, Any]:
    """Return a group as JSON."""
    return Group(
        id=row.key,
        external_id=row.external_id or None,
        display_name=row.name,
        members=list(_members(members or (), call.base)) or None,
        meta=Meta(resource_type="Group", location=f"{call.base}/Groups/{row.key}"),
    ).model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked)


def _members(keys: Sequence[str], base: str) -> Iterator[GroupMember]:
    for key in keys:
        yield GroupMember.model_construct(value=key, ref=f"{base}/Users/{key}", type="User")
