"""Groups that directories supply. Each is a group of its own, so that no directory fills one that people here made.

If its name is taken, the directory's name is added in brackets. Such a group never carries permissions: who is staff
is decided here.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import Directory, DirectoryGroup, ScimPerson, User
from accounts.provisioning import audit_events
from accounts.provisioning.directory_entries import GroupEntry, Members, ProvisioningSource
from accounts.provisioning.person_changes import MAX_KEY_LENGTH
from verification import audit, inputs, policies
from verification.db import row_locks
from verification.policies import remembered_browser_revocation

_CHUNK = 500  # members in one statement, and in one audit event
MAX_GROUP_NAME_LENGTH = 150  # characters


class UnknownGroup(Exception):
    """There is no group with this key in the directory."""


class Invalid(Exception):
    """A group without a key or a name."""


def apply_group(
    directory: Directory, entry: GroupEntry | Members, by: ProvisioningSource, now: datetime
) -> DirectoryGroup:
    """Make a group as its entry says, with exactly these members; or rename it, and let some people join and leave it.

    Keys that nobody has are left out: the group gets them when the directory supplies the people, and then the group
    again. People who leave lose what only the group gave: see `remembered_browser_revocation.settle`.

    Errors: `UnknownGroup` for `Members` of no group; `Invalid` for an entry without key or name.
    """
    with transaction.atomic():
        if isinstance(entry, Members):
            found = _locked(directory, entry.key)
            if found is None:
                raise UnknownGroup(entry.key)
            if entry.name is not None:
                _rename(found, _name(entry), by, now)
            _settle(found, _pks(directory, entry.added), _pks(directory, entry.removed), by, now)
            return found
        found = _named(directory, entry, by, now)
        wanted, members = set(_pks(directory, entry.members)), set(_members(found.group_id))
        _settle(found, sorted(wanted - members), sorted(members - wanted), by, now)
    return found


def remove_group(directory: Directory, key: str, by: ProvisioningSource, now: datetime) -> bool:
    """Remove a group that the directory no longer has. Return False if there is none.

    Its members leave it first. If a policy, an application or anything else uses the group, it stays, empty: an
    application without its only group would be open to everyone.
    """
    with transaction.atomic():
        found = _locked(directory, key)
        if found is None:
            return False
        members = _members(found.group_id)
        for part in _parts(members):
            with policies.dropped_second_person.recorded(part, by.context(now), actor_id=by.actor_id):
                _leave(found, part)
            remembered_browser_revocation.settle(part)
        group, name = found.group, found.group.name
        found.delete()
        row_locks.lock_to_delete(Group.objects.filter(pk=group.pk))
        if not _is_used(group):  # which cannot change any more
            group.delete()
        said = {"directory": directory.name, "group": name, "n_left": len(members)}
        audit.record(audit_events.GROUP_REMOVED, user_id=None, context=by.context(now), actor_id=by.actor_id, **said)
    return True


def leave_groups(directory: Directory, user_id: int, by: ProvisioningSource, now: datetime) -> None:
    """Take a person out of all groups of a directory. Call it in a transaction that has locked the person."""
    rows = User.groups.through.objects.filter(user_id=user_id, group__of_directory__directory=directory)
    names = dict(rows.order_by("group_id").values_list("pk", "group__name"))
    if not names:
        return
    with policies.dropped_second_person.recorded([user_id], by.context(now), actor_id=by.actor_id):
        User.groups.through.objects.filter(pk__in=names).delete()
    remembered_browser_revocation.settle([user_id])
    said = {"directory": directory.name, "n_joined": 0, "n_left": 1, "joined": [], "left": [user_id]}
    entries = [
        audit.EventToRecord(audit_events.GROUP_CHANGED, None, {**said, "group": name}) for name in names.values()
    ]
    audit.record_many(entries, context=by.context(now), actor_id=by.actor_id)


def _locked(directory: Directory, key: str) -> DirectoryGroup | None:
    rows = DirectoryGroup.objects.select_for_update(of=("self",)).select_related("group", "directory")
    return rows.filter(directory=directory, key=key).first()


def _named(directory: Directory, entry: GroupEntry, by: ProvisioningSource, now: datetime) -> DirectoryGroup:
    name, found = _name(entry), _locked(directory, entry.key)
    if found is not None:
        _rename(found, name, by, now)
        return found
    group = Group()
    _save_as(group, directory, name)
    found = DirectoryGroup.objects.create(directory=directory, key=entry.key, name=name, group=group)
    _record(audit_events.GROUP_ADDED, found, by, now)
    return found


def _name(entry: GroupEntry | Members) -> str:
    name = inputs.shortened(entry.name or "", max_length=MAX_GROUP_NAME_LENGTH)
    if not name or not 0 < len(entry.key) <= MAX_KEY_LENGTH:
        raise Invalid(entry.key)
    return name


def _rename(found: DirectoryGroup, name: str, by: ProvisioningSource, now: datetime) -> None:
    if found.name == name:
        return
    former = found.group.name
    _save_as(found.group, found.directory, name)
    found.name = name
    found.save(update_fields=["name"])
    _record(audit_events.GROUP_RENAMED, found, by, now, former=former)


def _record(event: audit.Event, found: DirectoryGroup, by: ProvisioningSource, now: datetime, **said: object) -> None:
    about = {"directory": found.directory.name, "group": found.group.name, **said}
    audit.record(event, user_id=None, context=by.context(now), actor_id=by.actor_id, **about)


def _save_as(group: Group, directory: Directory, name: str) -> None:
    """Save a group with the name, or the first variant of it that no other group has."""
    for variant in _variants(directory, name):
        if Group.objects.exclude(pk=group.pk).filter(name__iexact=variant).exists():
            continue
        group.name = variant
        try:
            with transaction.atomic():
                group.save()
        except IntegrityError:  # another group got the name a moment ago
            continue
        return
    raise Invalid(name)


def _variants(directory: Directory, name: str) -> Iterator[str]:
    yield name
    for n in range(1, 1000):
        mark = f" ({directory.name})" if n == 1 else f" ({directory.name} {n})"
        yield name[: MAX_GROUP_NAME_LENGTH - len(mark)] + mark


def _pks(directory: Directory, keys: Collection[str]) -> list[int]:
    """Return the people with these keys, in the order in which they are locked."""
    return sorted(pk for part in _parts(sorted(keys)) for pk in _known(directory, part))


def _known(directory: Directory, keys: Sequence[str]) -> Iterator[int]:
    rows = User.objects.filter(directory=directory, directory_key__in=keys)
    yield from rows.values_list("pk", flat=True)


def _members(group_id: int) -> list[int]:
    rows = User.groups.through.objects.filter(group_id=group_id)
    return list(rows.order_by("user_id").values_list("user_id", flat=True))


def _parts(items: Sequence[int] | Sequence[str]) -> Iterator[Sequence]:  # type: ignore[type-arg]  # of either
    for at in range(0, len(items), _CHUNK):
        yield items[at : at + _CHUNK]


def _settle(
    found: DirectoryGroup, joining: Sequence[int], leaving: Sequence[int], by: ProvisioningSource, now: datetime
) -> None:
    """Let people join and leave, end what that ends, and record it: one event for each chunk, which lists them."""
    for joined, left in [*((part, []) for part in _parts(joining)), *(([], part) for part in _parts(leaving))]:
        with policies.dropped_second_person.recorded([*joined, *left], by.context(now), actor_id=by.actor_id):
            new, gone = _join(found, joined), _leave(found, left)
        if not new and not gone:
            continue
        remembered_browser_revocation.settle([*new, *gone])
        numbers = {"n_joined": len(new), "n_left": len(gone)}
        _record(audit_events.GROUP_CHANGED, found, by, now, **numbers, joined=new, left=gone)


def _join(found: DirectoryGroup, people: Sequence[int]) -> list[int]:
    if not people:
        return []
    here, through = row_locks.lock_people(people), User.groups.through
    there = set(through.objects.filter(group_id=found.group_id, user_id__in=people).values_list("user_id", flat=True))
    # Read after the lock: a DELETE holds it until the person has left all groups.
    deleted = ScimPerson.objects.filter(user_id__in=people, deleted_at__isnull=False).values_list("user_id", flat=True)
    new = sorted(set(here) - there - set(deleted))
    through.objects.bulk_create([through(user_id=pk, group_id=found.group_id) for pk in new], ignore_conflicts=True)
    return new


def _leave(found: DirectoryGroup, people: Sequence[int]) -> list[int]:
    if not people:
        return []
    row_locks.lock_people(people)
    rows = User.groups.through.objects.filter(group_id=found.group_id, user_id__in=people)
    gone = sorted(rows.values_list("user_id", flat=True))
    if gone:
        rows.delete()
    return gone


def _is_used(group: Group) -> bool:
    related = Group._meta.related_objects
    others = [each for each in related if each.related_model is not User]
    return any(
        each.related_model._base_manager.filter(**{each.field.name: group}).exists()  # noqa: SLF001  (public)
        for each in others
        if each.field.name
    )
