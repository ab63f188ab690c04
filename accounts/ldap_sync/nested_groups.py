"""Who is in which group, also through other groups, from one reading of all groups.

Everything is kept by digests and permanent ids, so that a hundred thousand people take some ten megabytes.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from accounts.models.people import fold


@dataclass
class _Group:
    key: str
    name: str
    members: list[bytes]
    people: set[str] = field(default_factory=set)


class Memberships:
    """People and groups, added one by one; people first."""

    def __init__(self) -> None:
        self._people: dict[bytes, str] = {}  # digest of the DN -> permanent id
        self._names: dict[bytes, str] = {}  # digest of the username -> permanent id
        self._groups: dict[bytes, _Group] = {}  # digest of the DN -> group

    def add_person(self, key: str, digest: bytes, username: str) -> None:
        """Add a person. Shape: `digest` is that of their DN."""
        self._people[digest] = key
        self._names[_digest(username)] = key

    def add_group(
        self, key: str, name: str, *, digest: bytes, members: Iterable[bytes], usernames: Iterable[str] = ()
    ) -> None:
        """Add a group. Shape: `members` are digests of the DNs of people and groups."""
        group = _Group(key, name, [])
        for each in members:
            if (person := self._people.get(each)) is not None:
                group.people.add(person)
            else:
                group.members.append(each)  # a group, or someone the filter doesn't find
        for username in usernames:
            if (person := self._names.get(_digest(username))) is not None:
                group.people.add(person)
        self._groups[digest] = group

    def people(self) -> Iterable[str]:
        """Return the permanent ids of all people."""
        return self._people.values()

    def groups(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield the permanent id, the name and the digest of the DN of each group."""
        for digest, group in self._groups.items():
            yield group.key, group.name, digest

    def members_of(self, start: bytes) -> frozenset[str]:
        """Return everyone who is in a group, also through other groups. Groups may contain each other."""
        seen, waiting, found = {start}, [start], set[str]()
        while waiting:
            group = self._groups[waiting.pop()]
            found |= group.people
            inner = {each for each in group.members if each in self._groups} - seen
            seen |= inner
            waiting += inner
        return frozenset(found)


def _digest(username: str) -> bytes:
    return hashlib.blake2b(fold(username).encode(errors="replace"), digest_size=16).digest()
