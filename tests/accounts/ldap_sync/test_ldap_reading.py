"""Tests of reading people and groups from a real OpenLDAP."""

from collections.abc import Callable

import pytest

from accounts.ldap_directories import ldap_binds_and_searches, password_of
from accounts.ldap_sync.ldap_reading import Reader
from accounts.models import Directory
from accounts.provisioning import PersonEntry, PhoneEntry
from tests.real_programs.slapd import BASE, LIMITED, MAX_ENTRIES, Slapd
from tests.simulated.people import Clock

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("slapd_reading")]


def read_entries(directory: Directory, clock: Clock) -> tuple[dict[str, PersonEntry], dict[str, set[str]]]:
    """Return the people by username, and the usernames of each group's members."""
    with ldap_binds_and_searches.connected(directory, directory.servers[0]) as connection:
        connection.bind_account(password_of(directory) or "")
        reader = Reader(directory, connection, clock.now)
        people = [each for page in reader.people() for each in page]
        names = {each.key: each.username for each in people}
        groups = {group.name: {names[key] for key in group.members} for group in reader.groups()}
        assert reader.keys == set(names)
    return {each.username: each for each in people}, groups


def dn(uid: str) -> str:
    return f"uid={uid},ou=people,{BASE}"


def group_dn(name: str) -> str:
    return f"cn={name},ou=groups,{BASE}"


def test_reads_everyone_over_several_pages(slapd: Slapd, directory: Callable[..., Directory], clock: Clock) -> None:
    slapd.people(f"p{n}" for n in range(1, 1202))

    people, _groups = read_entries(directory(), clock)

    assert len(people) == 1201
    entry = people["p7"]
    assert (entry.name, entry.email) == ("P7", "p7@example.org")
    assert entry.phones == (PhoneEntry(kind="mobile", number="+41 79 555 01 23"),)
    assert entry.is_active
    assert len(entry.key) == 36


def test_a_list_that_a_size_limit_cuts_off_is_incomplete(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    """OpenLDAP counts the limit across pages, so that the first page arrives whole."""
    slapd.people(f"p{n}" for n in range(MAX_ENTRIES + 1))
    cut = directory(account=LIMITED)

    with pytest.raises(ldap_binds_and_searches.Incomplete, match="Size limit exceeded"):
        read_entries(cut, clock)

    slapd.remove("p0")
    assert len(read_entries(cut, clock)[0]) == MAX_ENTRIES


def test_groups_count_people_of_groups_inside_them(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(["anna", "bert", "cleo", "dirk"])
    slapd.group("inner", f"member: {dn('cleo')}", f"member: {group_dn('outer')}")  # each contains the other
    slapd.group("middle", f"member: {group_dn('inner')}", f"member: {dn('bert')}")
    slapd.group("outer", f"member: {group_dn('middle')}", f"member: {dn('anna').upper().replace(',', ' , ')}")
    slapd.group("apart", f"member: {dn('dirk')}", "member: uid=stranger,dc=elsewhere")

    _people, groups = read_entries(directory(), clock)

    everyone = {"anna", "bert", "cleo"}
    assert groups == {"inner": everyone, "middle": everyone, "outer": everyone, "apart": {"dirk"}}


def test_reads_the_other_kinds_of_groups(slapd: Slapd, directory: Callable[..., Directory], clock: Clock) -> None:
    slapd.people(["anna", "bert", "cleo"])
    unique = [f"uniqueMember: {dn('anna')}", f"uniqueMember: {dn('bert')}#'0101'B"]
    slapd.group("unique", *unique, kind="groupOfUniqueNames")
    slapd.group("posix", "gidNumber: 100", "memberUid: CLEO", "memberUid: nobody", kind="posixGroup")

    _people, groups = read_entries(directory(), clock)

    assert groups == {"unique": {"anna", "bert"}, "posix": {"cleo"}}


def test_a_group_filter_chooses_groups_and_still_follows_the_others(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(["anna", "bert"])
    slapd.group("team", f"member: {dn('bert')}")
    slapd.group("vpn-users", f"member: {dn('anna')}", f"member: {group_dn('team')}")

    _people, groups = read_entries(directory(group_filter="(cn=vpn-*)"), clock)

    assert groups == {"vpn-users": {"anna", "bert"}}


def test_follows_members_of_the_memberof_overlay_by_a_filter(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(["anna", "bert"])
    slapd.group("staff", f"member: {dn('anna')}")

    only = f"(&(uid={{username}})(memberOf={group_dn('staff')}))"
    people, _groups = read_entries(directory(person_filter=only), clock)

    assert set(people) == {"anna"}


def test_a_lock_for_good_and_the_filter_of_disabled_people_switch_off(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    """A lock after incorrect passwords doesn't: a stranger could end everyone's sessions with it."""
    slapd.people(["anna", "bert", "cleo", "dirk"])
    slapd.change("anna", "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
    slapd.change("bert", "replace: pwdAccountLockedTime\npwdAccountLockedTime: 20260302075900Z")
    slapd.change("cleo", "replace: employeeType\nemployeeType: left")

    people, _groups = read_entries(directory(disabled_filter="(employeeType=left)"), clock)

    assert {name for name, entry in people.items() if entry.is_active} == {"bert", "dirk"}


def test_a_permanent_id_survives_a_rename(slapd: Slapd, directory: Callable[..., Directory], clock: Clock) -> None:
    slapd.people(["anna"])
    before, _groups = read_entries(directory(), clock)

    slapd.rename("anna", "anna.huber")
    after, _groups = read_entries(Directory.objects.get(), clock)

    assert after["anna.huber"].key == before["anna"].key


def test_nothing_is_read_from_a_base_that_is_not_there(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    with pytest.raises(ldap_binds_and_searches.Incomplete, match="No such object"):
        read_entries(directory(base=f"ou=elsewhere,{BASE}"), clock)
