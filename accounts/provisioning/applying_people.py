"""Applies a directory's entries to people: their rows, suggested numbers and audit events, and the access that ends.

Each chunk is one transaction that locks its people and compares again, so that what is written is what holds then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from itertools import islice

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from accounts import invitations
from accounts.models import Directory, SuggestedNumber, User
from accounts.provisioning import (
    alarm_of_many_leavers,
    audit_events,
    ending_access_of_leavers,
    matching_people,
    suggested_numbers,
)
from accounts.provisioning.directory_entries import PersonEntry, ProvisioningMethod, ProvisioningSource
from accounts.provisioning.person_changes import ChangeKind, EntryRefusal, PersonChange, plan_person
from accounts.sessions.ending_sessions import EndedSessions
from verification import audit, enrolments
from verification.models.random_row_handles import new_handle

CHUNK = 500  # people in one transaction
_LINKED = (
    *("directory", "directory_key", "directory_since"),
    *("password", "must_change_password", "breached_password_at"),
)
_COLUMNS = ("username", "name", "email", "language", "is_active")
_EVENTS = {
    ChangeKind.ADDED: audit_events.PERSON_ADDED,
    ChangeKind.LINKED: audit_events.PERSON_LINKED,
    ChangeKind.CHANGED: audit_events.PERSON_CHANGED,
    ChangeKind.SWITCHED_OFF: audit_events.PERSON_SWITCHED_OFF,
    ChangeKind.SWITCHED_ON: audit_events.PERSON_SWITCHED_ON,
}


class EntryRefused(Exception):
    """An entry can't be applied. `change` says why."""

    def __init__(self, change: PersonChange) -> None:
        super().__init__(change.reason)
        self.change = change


def apply_person(directory: Directory, change: PersonChange, by: ProvisioningSource, now: datetime) -> User:
    """Carry out what one entry changes, and return the person.

    Errors: `EntryRefused`, also if it was planned otherwise.
    """
    (done,) = apply_people(directory, [change], by, now)
    if done.user_id is None or done.reason:
        raise EntryRefused(done)
    return User.objects.get(pk=done.user_id)


def apply_people(
    directory: Directory, changes: Iterable[PersonChange], by: ProvisioningSource, now: datetime
) -> Iterator[PersonChange]:
    """Carry out what entries change, in chunks of one transaction each, and yield what was done, in their order.

    Memory doesn't grow with their number. Nothing happens before the results are read. A change that is refused is
    yielded with its reason, and the others go on.
    """
    left = iter(changes)
    while entries := [change.entry for change in islice(left, CHUNK)]:
        yield from _apply(directory, entries, by, now)


def _apply(
    directory: Directory, entries: Sequence[PersonEntry], by: ProvisioningSource, now: datetime
) -> list[PersonChange]:
    try:
        with transaction.atomic():
            return _write(directory, entries, by, now)
    except IntegrityError:
        if len(entries) == 1:  # someone else got the username, or the same entry, a moment ago
            return [_beaten(directory, entries[0])]
        return [done for entry in entries for done in _apply(directory, [entry], by, now)]


def _beaten(directory: Directory, entry: PersonEntry) -> PersonChange:
    (found,) = matching_people.plan_people(directory, [entry])
    if found.verdict is ChangeKind.UNCHANGED or found.reason:
        return found
    return plan_person(directory, matching_people.find(directory, entry), entry, is_taken=True)


def _write(
    directory: Directory, entries: Sequence[PersonEntry], by: ProvisioningSource, now: datetime
) -> list[PersonChange]:
    changes, people = matching_people.plan_locked(directory, entries, now)
    known = [change for change in changes if change.user_id is not None and not change.reason]
    _change(directory, [(people[change.user_id or 0], change) for change in known if change.fields], now)
    _link(directory, [(people[change.user_id or 0], change) for change in known], now)
    # After the others, because a new person may get the username that someone gave up.
    added = _add(directory, [change for change in changes if change.verdict is ChangeKind.ADDED], now)
    done = [
        replace(change, user_id=added[change.entry.key].pk) if change.verdict is ChangeKind.ADDED else change
        for change in changes
    ]
    _withdraw_numbers(done, by, now)
    known_numbers = {change.user_id: new for change in done if change.user_id and (new := _new_numbers(change))}
    suggested_numbers.replace(known_numbers, fresh={user.pk for user in added.values()})
    ended = ending_access_of_leavers.end_access(
        [change.user_id for change in done if change.user_id and change.is_leaving]
    )
    written = {change.entry.key for change in done if change.verdict is ChangeKind.ADDED or change.fields}
    keys = [change.entry.key for change in done if change.entry.key not in written]
    if keys:
        User.objects.filter(directory=directory, directory_key__in=keys).update(directory_seen_at=now)
    said = [_said(directory, change, by, ended.get(change.user_id or 0)) for change in done]
    audit.record_many(filter(None, said), context=by.context(now), actor_id=by.actor_id)
    if directory.invites_people and by.way is not ProvisioningMethod.SIGN_IN:
        _invite(done, now)
    if by.way is not ProvisioningMethod.SIGN_IN and (moved := _moved(done)):
        invitations.move(moved, now)
    if by.way is not ProvisioningMethod.SYNC and any(change.is_leaving for change in done):
        alarm_of_many_leavers.watch(directory, by, now)
    if any(change.verdict is ChangeKind.SWITCHED_ON for change in done):
        alarm_of_many_leavers.calm(directory)
    return done


def _invite(changes: Sequence[PersonChange], now: datetime) -> None:
    """Invite people who never signed in and can from now on: they were added, or prepared and are now switched on."""
    wanted = [change.user_id for change in changes if change.verdict in {ChangeKind.ADDED, ChangeKind.SWITCHED_ON}]
    invitations.invite_new([pk for pk in wanted if pk is not None], now)


def _moved(changes: Sequence[PersonChange]) -> list[int]:
    """Return who has another email address, and isn't just being invited."""
    found = [change for change in changes if change.verdict in {ChangeKind.CHANGED, ChangeKind.LINKED}]
    return [change.user_id for change in found if change.user_id is not None and "email" in change.fields]


def _withdraw_numbers(changes: Sequence[PersonChange], by: ProvisioningSource, now: datetime) -> None:
    """End methods that policy trusted because the directory had their number."""
    for kind in SuggestedNumber.Kind.values:
        people = [change.user_id for change in changes if change.user_id and change.fields.get(kind, ("", ""))[0]]
        if people:
            enrolments.withdraw(people, [kind], by.context(now))


def _add(directory: Directory, changes: Sequence[PersonChange], now: datetime) -> dict[str, User]:
    fresh = [
        User(
            **{name: pair[1] for name, pair in change.fields.items() if name in _COLUMNS},
            password=make_password(None),
            directory=directory,
            directory_key=change.entry.key,
            directory_since=now,
            directory_seen_at=now,
            directory_off_at=None if change.entry.is_active else now,
        )
        for change in changes
    ]
    return {user.directory_key: user for user in User.objects.bulk_create(fresh)}


def _change(directory: Directory, pairs: Sequence[tuple[User, PersonChange]], now: datetime) -> None:
    touched = {"directory_seen_at"}
    for user, change in pairs:
        user.directory_seen_at = now
        for name, (_old, new) in change.fields.items():
            if name in _COLUMNS:
                setattr(user, name, new)
                touched.add(name)
        if "is_active" in change.fields:
            user.directory_off_at = None if user.is_active else now
            touched.add("directory_off_at")
    if pairs:
        _free_usernames(pairs)
        User.objects.bulk_update([user for user, _change in pairs], sorted(touched))


def _free_usernames(pairs: Sequence[tuple[User, PersonChange]]) -> None:
    """Free the usernames that go from one person to another: no two rows may have one at any moment."""
    renamed = [(user.pk, change.fields["username"]) for user, change in pairs if "username" in change.fields]
    wanted = {new for _pk, (_old, new) in renamed}
    if given := [pk for pk, (old, _new) in renamed if old in wanted]:
        free = Concat(Value(f"{new_handle()} "), Cast("pk", CharField()))  # a name that nobody has
        User.objects.filter(pk__in=given).update(username=free)


def _link(directory: Directory, pairs: Sequence[tuple[User, PersonChange]], now: datetime) -> None:
    """Give people to the directory. Where its servers check passwords, the password here ends."""
    linked = [(user, change) for user, change in pairs if change.verdict is ChangeKind.LINKED]
    for user, change in linked:
        user.directory, user.directory_key, user.directory_since = directory, change.entry.key, now
        if directory.checks_passwords:
            user.password, user.must_change_password, user.breached_password_at = make_password(None), False, None
    if linked:
        User.objects.bulk_update([user for user, _change in linked], _LINKED)


def _new_numbers(change: PersonChange) -> dict[str, str]:
    kinds = SuggestedNumber.Kind.values
    return {kind: str(change.fields[kind][1]) for kind in kinds if kind in change.fields}


def _said(
    directory: Directory, change: PersonChange, by: ProvisioningSource, ended: EndedSessions | None
) -> audit.EventToRecord | None:
    """Return what the audit log says of a change; None of one that changed nothing."""
    detail: dict[str, object] = {"directory": directory.name, "way": str(by.way)}
    if change.reason is EntryRefusal.LAST_ADMINISTRATOR:
        event = audit_events.ADMINISTRATOR_KEPT
    elif change.verdict in _EVENTS:
        event = _EVENTS[change.verdict]
        detail["changed"] = ", ".join(sorted(change.fields))
        detail |= asdict(ended) if ended else {}
    else:
        return None
    return audit.EventToRecord(event, change.user_id, detail)
