"""Entries that wait to be applied, as encrypted text: what a run stores while it reads, and takes up later."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from accounts.models import DirectorySync, DirectorySyncBatch
from accounts.provisioning import GroupEntry, PersonEntry, PhoneEntry
from verification.keys import strings_encrypted_for_one_row
from verification.models.random_row_handles import new_handle


@dataclass(frozen=True)
class GoneGroup:
    """A group that the directory no longer has."""

    key: str
    name: str


class UnreadableBatch(Exception):
    """No current key opens a batch."""


def store_people(sync: DirectorySync, entries: Sequence[PersonEntry]) -> None:
    """Store some people."""
    _store(sync, "people", [asdict(entry) for entry in entries])


def store_group(sync: DirectorySync, group: GroupEntry | GoneGroup) -> None:
    """Store a group that is new or changed, or gone."""
    if isinstance(group, GoneGroup):
        _store(sync, "gone", [asdict(group)])
    else:
        _store(sync, "groups", [{"key": group.key, "name": group.name, "members": sorted(group.members)}])


def people_of(batch: DirectorySyncBatch) -> list[PersonEntry]:
    """Return the people of a batch. Errors: `UnreadableBatch`."""
    return [
        PersonEntry(**{**row, "phones": tuple(PhoneEntry(**phone) for phone in row["phones"])}) for row in _rows(batch)
    ]


def group_of(batch: DirectorySyncBatch) -> GroupEntry | GoneGroup:
    """Return the group of a batch. Errors: `UnreadableBatch`."""
    (row,) = _rows(batch)
    if batch.kind == "gone":
        return GoneGroup(**row)
    return GroupEntry(key=row["key"], name=row["name"], members=frozenset(row["members"]))


def _store(sync: DirectorySync, kind: str, rows: Sequence[Any]) -> None:
    ref = new_handle()
    sealed = strings_encrypted_for_one_row.seal(json.dumps(rows), bound=ref)
    DirectorySyncBatch.objects.create(ref=ref, sync=sync, kind=kind, n_rows=len(rows), sealed=sealed)


def _rows(batch: DirectorySyncBatch) -> list[dict[str, Any]]:
    text = strings_encrypted_for_one_row.unseal(batch.sealed, bound=batch.ref)
    if text is None:
        raise UnreadableBatch
    rows: list[dict[str, Any]] = json.loads(text)
    return rows
