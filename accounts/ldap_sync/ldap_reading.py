"""Reads the people and groups of an LDAP directory, page by page.

It keeps the permanent ids of people in memory, with a digest of each name that groups use for them, and nothing else.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from accounts.ldap_directories import Connection, LdapEntry, ldap_binds_and_searches, person_search
from accounts.ldap_sync import disabled_and_expired_accounts
from accounts.ldap_sync.nested_groups import Memberships
from accounts.models import Directory
from accounts.models.directories import DirectoryKind
from accounts.provisioning import GroupEntry, PersonEntry, PhoneEntry

MAX_PEOPLE = 2_000_000  # a server whose pages never end is stopped there
_IS_GROUP = {
    DirectoryKind.OPENLDAP: "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
    DirectoryKind.ACTIVE_DIRECTORY: "(objectClass=group)",
}
# Active Directory gives at most 1,500 values at once. Asking for as many makes Samba do the same.
_MEMBERS = {
    DirectoryKind.OPENLDAP: ("member", "uniqueMember", "memberUid"),
    DirectoryKind.ACTIVE_DIRECTORY: ("member;range=0-1499",),
}


class Reader:
    """Reads one directory over one connection: first its people, then its groups.

    Errors: `Away`, `Incomplete` and `Misconfigured` of `ldap_binds_and_searches`, each of which means that nothing may
    be concluded from what was read.
    """

    def __init__(
        self, directory: Directory, connection: Connection, now: datetime, *, keep: Callable[[], object] = lambda: None
    ) -> None:
        """`keep` is called after each page of groups: nothing can be told of them before the last page."""
        self._keep = keep
        self._directory = directory
        self._connection = connection
        self._now = now
        self._kind = DirectoryKind(directory.kind)
        self._memberships = Memberships()

    @property
    def keys(self) -> frozenset[str]:
        """The permanent ids of all people that were read."""
        return frozenset(self._memberships.people())

    def people(self) -> Iterator[list[PersonEntry]]:
        """Yield all people the filter finds, page by page."""
        about = self._directory
        disabled = disabled_and_expired_accounts.found_by_filter(about, self._connection)
        wanted = [
            about.username_attribute,
            about.name_attribute,
            about.email_attribute,
            about.mobile_attribute,
            about.office_attribute,
            about.language_attribute,
            *disabled_and_expired_accounts.ATTRIBUTES[self._kind],
        ]
        n = 0
        for page in self._connection.pages(about.base, person_search.filter_for(about, "*"), wanted):
            n += len(page)
            if n > MAX_PEOPLE:
                raise ldap_binds_and_searches.Incomplete(f"The directory gave more than {MAX_PEOPLE} people.")
            for found in page:
                self._check_key(found)
                username = found.first(about.username_attribute)
                self._memberships.add_person(found.key, ldap_binds_and_searches.digest_of_dn(found.dn), username)
            yield [self._person(found, is_disabled=found.key in disabled) for found in page]

    def groups(self) -> Iterator[GroupEntry]:
        """Yield the groups that the group filter finds, each with everyone who is in it, also through other groups."""
        about = self._directory
        if not about.group_base:
            return
        is_group = _IS_GROUP[self._kind]
        for page in self._connection.pages(about.group_base, is_group, ["cn", *_MEMBERS[self._kind]]):
            for found in page:
                self._check_key(found)
                self._read_members(found)
            self._keep()
        chosen = None
        if about.group_filter:
            pages = self._connection.pages(about.group_base, f"(&{is_group}{about.group_filter})", [])
            chosen = {found.key for page in pages for found in page}
        for key, name, digest in self._memberships.groups():
            if chosen is None or key in chosen:
                yield GroupEntry(key=key, name=name, members=self._memberships.members_of(digest))

    def _check_key(self, found: LdapEntry) -> None:
        if not found.key:
            raise ldap_binds_and_searches.Misconfigured(
                f"The service account can’t read the permanent id of {found.dn}."
            )

    def _person(self, found: LdapEntry, *, is_disabled: bool) -> PersonEntry:
        about = self._directory
        numbers = {"mobile": found.first(about.mobile_attribute), "office": found.first(about.office_attribute)}
        return PersonEntry(
            key=found.key,
            username=found.first(about.username_attribute),
            name=found.first(about.name_attribute),
            email=found.first(about.email_attribute),
            is_active=not is_disabled and disabled_and_expired_accounts.is_enabled(found, self._kind, self._now),
            phones=tuple(PhoneEntry(kind=kind, number=number) for kind, number in numbers.items() if number),  # type: ignore[arg-type]  # the keys above are the kinds
            language=found.first(about.language_attribute),
        )

    def _read_members(self, found: LdapEntry) -> None:
        members: list[str] = []
        for attribute in ("member", "uniqueMember"):
            if any(name.partition(";")[0] == attribute.lower() for name in found.values):
                members += [each.decode(errors="replace") for each in self._connection.values_of(found, attribute)]
        names = [each.decode(errors="replace") for each in found.values.get("memberuid", ())]
        self._memberships.add_group(
            found.key,
            found.first("cn"),
            digest=ldap_binds_and_searches.digest_of_dn(found.dn),
            members=[ldap_binds_and_searches.digest_of_dn(_without_id(each)) for each in members],
            usernames=names,
        )


def _without_id(name: str) -> str:
    """Return the DN of a uniqueMember, which may have a bit string behind it. Source: RFC 4517, 3.3.21."""
    head, sign, tail = name.rpartition("#")
    return head if sign and tail.startswith("'") and tail.endswith("'B") else name
