"""Tests of values that no Active Directory writes: they end no run, because its other people still need it."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest

from accounts.ldap_directories.ldap_binds_and_searches import LdapEntry
from accounts.ldap_sync import applying_batches, batches
from accounts.ldap_sync.ldap_reading import Reader
from accounts.models import Directory, DirectorySync, DirectorySyncRow
from accounts.models.directories import DirectoryKind
from accounts.provisioning import PersonEntry
from tests.simulated.people import Clock

pytestmark = pytest.mark.services  # python-ldap reads names of entries, and is installed for these tests only


class _OnePerson:
    """A connection to a directory of one person."""

    def __init__(self, **values: str) -> None:
        self._values = {name.lower(): [text.encode()] for name, text in values.items()}

    def pages(self, *_asked: object) -> Iterator[list[LdapEntry]]:
        values: Mapping[str, list[bytes]] = {"samaccountname": [b"anna"], **self._values}
        yield [LdapEntry(dn="cn=anna,dc=example,dc=org", key="k1", values=values)]


def _is_active(clock: Clock, **values: str) -> bool:
    directory = Directory(
        kind=DirectoryKind.ACTIVE_DIRECTORY, username_attribute="sAMAccountName", person_filter="(cn={username})"
    )
    reader = Reader(directory, cast("Any", _OnePerson(**values)), clock.now)
    [[person]] = reader.people()
    return person.is_active


@pytest.mark.parametrize("text", ["--5", "-", "5" * 5000, "never", "²"])
def test_what_is_no_number_counts_as_not_set(clock: Clock, text: str) -> None:
    """Seen failing: the first and the third one ended the run of a whole directory."""
    assert _is_active(clock, userAccountControl=text, accountExpires=text)


def test_a_refused_name_is_listed_as_it_can_be_stored(db: None, clock: Clock) -> None:
    """Seen failing: PostgreSQL stores no NUL, so the run ended there, and so did each later one."""
    directory = Directory.objects.create(name="Staff", kind=DirectoryKind.OPENLDAP)
    sync = DirectorySync.objects.create(directory=directory, made_at=clock.now)
    batches.store_people(sync, [PersonEntry(key="k1", username="an\0na")])

    assert applying_batches.apply(sync, sync.batches.get(), clock.now) == 1

    assert DirectorySyncRow.objects.get().name == "an\ufffdna"
