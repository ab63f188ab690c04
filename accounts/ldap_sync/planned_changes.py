"""Compares a directory with the people here while it is read, and stores what a run would change.

Nobody is compared in memory as a whole: each page of the directory is compared, stored and forgotten.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from accounts import provisioning
from accounts.ldap_sync import batches, finding_leavers
from accounts.ldap_sync.batches import GoneGroup
from accounts.ldap_sync.ldap_reading import Reader
from accounts.models import DirectoryGroup, DirectorySync, DirectorySyncRow, User
from accounts.models.people import MAX_NAME_LENGTH
from accounts.provisioning import ChangeKind, EntryRefusal, GroupEntry, PersonChange, PersonEntry
from verification import inputs

_BATCH = 500  # people who are compared at once
_GROUPS_AT_ONCE, _MEMBERS_AT_ONCE = 50, 10_000
_GROUP = "group"  # `what` of a row about a group
SHORTENED = "shortened"  # `what` of a row about a person or group whose name is too long, in each run
_MISSING = "missing"  # `why` of a row about somebody who is not in the directory any more


class SyncPlan:
    """What one run would change.

    `keep` is called after each part with the counts of the run, and may raise to stop it.
    """

    def __init__(self, sync: DirectorySync, now: datetime, keep: Callable[[Counter[str]], None]) -> None:
        self._sync = sync
        self._directory = sync.directory
        self.now = now
        self._store = keep
        self._put_off: list[PersonEntry] = []  # of people whose new username is still somebody else's
        self._absent = set[str]()  # permanent ids of those who will not be here, even after the run
        self.counts = Counter[str]()
        self.kept_administrators = set[int]()  # people the directory would switch off, and who stay

    def keep(self) -> None:
        """Store the counts so far."""
        self._store(self.counts)

    def make(self, reader: Reader) -> None:
        """Read everything and store what differs. Errors: those of the reader."""
        for page in reader.people():
            self.counts["read"] += len(page)
            self._compare(page)
        for leavers in finding_leavers.leavers(self._directory, reader.keys, at_once=_BATCH):
            self._compare(leavers, why=_MISSING)
        if self._put_off:
            self._compare(self._put_off, is_last=True)
        if self._directory.group_base:
            self._groups(reader)

    def _compare(self, entries: Sequence[PersonEntry], *, why: str = "", is_last: bool = False) -> None:
        rows, to_apply = [], []
        for change in provisioning.plan_people(self._directory, entries, now=self.now):
            if not is_last and self._is_put_off(change):
                self._put_off.append(change.entry)
                continue
            if change.verdict is ChangeKind.ADDED and not change.entry.is_active:
                self._absent.add(change.entry.key)  # nobody needs an account that is disabled from the start
                self.counts["unchanged"] += 1
                continue
            # Who is taken over and switched off counts as leaving: they could sign in, and can't any more.
            verdict = ChangeKind.SWITCHED_OFF if change.is_leaving else change.verdict
            self.counts[verdict] += 1
            if change.entry.is_active and inputs.is_cut(change.entry.name, max_length=MAX_NAME_LENGTH):
                rows.append(self._shortened(change.entry.username, "long_name", user_id=change.user_id))
            if verdict is ChangeKind.UNCHANGED:
                continue
            rows.append(self._row(change, verdict, why))
            if change.reason is EntryRefusal.LAST_ADMINISTRATOR and change.user_id is not None:
                self.kept_administrators.add(change.user_id)
            if change.verdict is ChangeKind.REFUSED:
                self._absent |= {change.entry.key} if change.user_id is None else set()
            else:
                to_apply.append(change.entry)
        DirectorySyncRow.objects.bulk_create(rows)
        if to_apply:
            batches.store_people(self._sync, to_apply)
            self.counts["to_do"] += len(to_apply)
        self.keep()

    def _is_put_off(self, change: PersonChange) -> bool:
        """Return whether a change is compared again at the end: two people can swap usernames across pages.

        Only as many are put off as are applied in one transaction. Others are refused: the username is taken.
        """
        is_taken = change.refusals.get("username") is EntryRefusal.USERNAME_TAKEN
        return is_taken and change.user_id is not None and change.entry.is_active and len(self._put_off) < _BATCH

    def _row(self, change: PersonChange, verdict: ChangeKind, why: str) -> DirectorySyncRow:
        by = {ChangeKind.REFUSED: str(change.reason or ""), ChangeKind.LINKED: self._directory.link_by}
        # Someone new has the name that they get here, by which a desk finds them once they are in one of its groups.
        name = str(change.fields["username"][1]) if verdict is ChangeKind.ADDED else change.entry.username
        return DirectorySyncRow(
            sync=self._sync,
            what=verdict,
            name=inputs.shortened(name, max_length=MAX_NAME_LENGTH),
            user_id=change.user_id,
            fields=change.shown(),
            why=by.get(verdict) or why or ("" if change.is_leaving else str(next(iter(change.refusals.values()), ""))),
        )

    def _shortened(self, name: str, why: str, *, user_id: int | None = None) -> DirectorySyncRow:
        shown = inputs.shortened(name, max_length=MAX_NAME_LENGTH)
        return DirectorySyncRow(sync=self._sync, what=SHORTENED, name=shown, user_id=user_id, why=why)

    def _groups(self, reader: Reader) -> None:
        known = {group.key: group for group in DirectoryGroup.objects.filter(directory=self._directory)}
        self.counts["groups_known"] = len(known)
        for entries in _parts(reader.groups()):
            self.counts["groups"] += len(entries)
            there = self._members([known[entry.key] for entry in entries if entry.key in known])
            for entry in entries:
                group = known.pop(entry.key, None)
                self._compare_group(entry, group, there.get(group.group_id, set()) if group is not None else set())
            self.keep()
        for key, group in known.items():
            self.counts["groups_removed"] += 1
            self._store_group(GoneGroup(key, group.name), why="gone", fields={})
        self.keep()

    def _members(self, groups: Sequence[DirectoryGroup]) -> dict[int, set[str]]:
        """Return who is in some groups now, by group. Shape: permanent ids, marked if they are of another directory."""
        rows = User.groups.through.objects.filter(group_id__in=[group.group_id for group in groups])
        columns = rows.values_list("group_id", "user__directory_id", "user__directory_key")
        found: dict[int, set[str]] = {}
        for group_id, directory, key in columns.iterator(chunk_size=2000):
            mine = directory == self._directory.pk
            found.setdefault(group_id, set()).add(key if mine else f"of another: {key}")
        return found

    def _compare_group(self, entry: GroupEntry, known: DirectoryGroup | None, members: set[str]) -> None:
        name = inputs.shortened(entry.name, max_length=MAX_NAME_LENGTH)
        if not name:
            self.counts["refused"] += 1
            DirectorySyncRow.objects.create(sync=self._sync, what=ChangeKind.REFUSED, name=entry.key, why="no_name")
            return
        if inputs.is_cut(entry.name, max_length=MAX_NAME_LENGTH):
            self._shortened(name, "long_group_name").save()
        wanted = entry.members - self._absent
        if known is not None and known.name == name and members == wanted:
            return
        if members and not wanted:  # such as after the service account lost the right to read members
            self.counts["groups_removed"] += 1
        fields = {"joined": len(wanted - members), "left": len(members - wanted)}
        why = "changed" if known is not None else "added"
        self._store_group(GroupEntry(key=entry.key, name=entry.name, members=wanted), why=why, fields=fields)

    def _store_group(self, group: GroupEntry | GoneGroup, *, why: str, fields: dict[str, int]) -> None:
        name = inputs.shortened(group.name, max_length=MAX_NAME_LENGTH)
        DirectorySyncRow.objects.create(sync=self._sync, what=_GROUP, name=name, why=why, fields=fields)
        batches.store_group(self._sync, group)
        self.counts.update(groups_changed=1, to_do=1)


def _parts(groups: Iterable[GroupEntry]) -> Iterator[list[GroupEntry]]:
    """Yield groups together, but never many large ones."""
    part, n = list[GroupEntry](), 0
    for group in groups:
        part.append(group)
        n += len(group.members)
        if len(part) >= _GROUPS_AT_ONCE or n >= _MEMBERS_AT_ONCE:
            yield part
            part, n = [], 0
    if part:
        yield part
